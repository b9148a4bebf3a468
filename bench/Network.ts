import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { berthsPerCoach, derivedPools } from "@berth/domain/rules/QuotaShares"
import type { SeatPool } from "@berth/domain/SeatConfig"
import type { Database } from "./Database.ts"

/** Legs of every train of the bench. */
export const legs = 20

/** How many legs the usual journey has. */
export const legsOfJourney = 10

/**
 * Loads that sell have trains of their own: where one sold before, they would find them full and crowds waiting. All but the
 * `others` go by stations of their own, so that a search finds twenty trains.
 */
export const trainSets = ["booking", "latency", "rpc", "rpcHttp", "doors", "edit", "others"] as const
export type TrainSet = (typeof trainSets)[number]

/**
 * Trains of a set, of the usual make-up: 1,072 berths in three classes, shared among quotas as the rules say. `latency` sells the
 * longest: of twenty trains a fast machine has the middle of every run sold before the end, and puts parties on waiting lists.
 */
const trainsOf = (set: TrainSet): number => set === "latency" ? 40 : 20

const coaches = new Map([["SL", 10], ["3A", 4], ["2A", 2]] as const)
/** Four berths of a third coach make up the number. */
const seatCountOf = ({ berth, quota, seatCount, travelClass }: SeatPool): number =>
  travelClass === "2A" && quota === "GN" && berth === "LB" ? seatCount + 4 : seatCount
export const ordinaryPools: ReadonlyArray<SeatPool> = derivedPools(coaches).map((pool) => ({
  travelClass: pool.travelClass,
  quota: pool.quota,
  berth: pool.berth,
  seatCount: seatCountOf(pool)
}))

/** A train with one class of 720 berths, all for everybody: each of its days is one hot run. */
export const hotTrain = "HOT"
/** Another one, whose days are sold beforehand. */
export const warmUpTrain = "WARM"
export const hotBerths = 720
const hotPools: ReadonlyArray<SeatPool> = Array.from(
  berthsPerCoach(coachLayouts.SL),
  ([berth, perCoach]) => ({
    travelClass: "SL",
    quota: "GN",
    berth,
    seatCount: perCoach * hotBerths / coachLayouts.SL.berthsPerCoach
  })
)

/** The routes by the letter of their stations. */
const routes = { S: "a".repeat(64), N: "b".repeat(64) } as const

const isOfSale = (train: string): boolean =>
  train.startsWith("T") && !train.startsWith(`T${trainSets.indexOf("others")}`)
const letterOf = (train: string): keyof typeof routes => isOfSale(train) ? "S" : "N"
const stationOf = (letter: keyof typeof routes, stop: number): string => `${letter}${String(stop).padStart(2, "0")}`

/** A stop of a train; of one that is not named, of those on which nothing but `others` goes. */
export const stationAt = (stop: number, train = hotTrain): string => stationOf(letterOf(train), stop)
export const ordinaryTrain = (n: number, set: TrainSet = "others"): string =>
  `T${trainSets.indexOf(set)}${String(n + 1).padStart(3, "0")}`

const values = (rows: ReadonlyArray<ReadonlyArray<string | number>>): string =>
  rows.map((row) => `(${row.map((value) => typeof value === "number" ? value : `'${value}'`).join(",")})`).join(",")

const addRoute = (database: Database, letter: keyof typeof routes): Promise<void> => {
  const routeId = routes[letter]
  const stops = Array.from({ length: legs + 1 }, (_, stop) => stop)
  const times = stops.map((stop) => {
    const arrival = 36_000 + stop * 1_800
    return [routeId, stop, stationOf(letter, stop), arrival, arrival + 120, stop * 50_000]
  })
  return database.run(
    `INSERT INTO station (code, name) VALUES ${values(stops.map((stop) => [stationOf(letter, stop), `Stop ${stop}`]))}`,
    `INSERT INTO route (id) VALUES ('${routeId}')`,
    `INSERT INTO route_stop (route_id, stop_index, station_code, arrival_seconds, departure_seconds, metres)
    VALUES ${values(times)}`
  )
}

/** Adds trains with their seats; they run once they are told on which days. */
export const addTrains = async (
  database: Database,
  trains: ReadonlyArray<string>,
  pools: ReadonlyArray<SeatPool>
): Promise<void> => {
  const names = trains.map((train) => `'${train}'`).join()
  const rows = values(pools.map(({ berth, quota, seatCount, travelClass }) => [travelClass, quota, berth, seatCount]))
  await database.run(
    `INSERT INTO train (id, name, train_type, time_zone, source, composition_derived)
    SELECT id, 'Train ' || id, 'Express', 'Asia/Kolkata', 'bench', true FROM unnest(ARRAY[${names}]) id`,
    `INSERT INTO train_seat_config (train_id, travel_class, quota, berth, seat_count)
    SELECT id, pool.* FROM unnest(ARRAY[${names}]) id, (VALUES ${rows}) pool`
  )
}

/** Lets trains leave each day. */
export const addRunningDays = (database: Database, trains: ReadonlyArray<string>): Promise<void> =>
  database.run(
    `INSERT INTO train_service (train_id, service_number, route_id, weekdays, first_date, last_date)
    SELECT id, 0, route, 127, DATE '2020-01-01', DATE '2100-01-01'
    FROM (VALUES ${values(trains.map((train) => [train, routes[letterOf(train)]]))}) t (id, route)`
  )

/** The timetable of the bench, in a database whose migrations have run. */
export const addNetwork = async (database: Database): Promise<void> => {
  await addRoute(database, "S")
  await addRoute(database, "N")
  const trains = trainSets.flatMap((set) => Array.from({ length: trainsOf(set) }, (_, n) => ordinaryTrain(n, set)))
  await addTrains(database, trains, ordinaryPools)
  const hotTrains = [hotTrain, warmUpTrain]
  await addTrains(database, hotTrains, hotPools)
  await addRunningDays(database, [...trains, ...hotTrains])
}
