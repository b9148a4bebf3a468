import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import { setTimeout as pause } from "node:timers/promises"
import type { Trip } from "./BookingLog.ts"
import type { Cluster } from "./Cluster.ts"

const stations = ["FAA", "FBB", "FCC", "FDD", "FEE", "FFF"]
const routeId = createHash("sha256").update("route of the faults").digest("hex")
const openMillisMax = 30_000

/** Pools by train: plenty, few, and a queue of equals. */
const trains = [
  { suffix: "many", travelClass: "SL", days: 3, pools: { LB: 400, MB: 400, UB: 400, SL: 200, SU: 200 } },
  { suffix: "few", travelClass: "SL", days: 1, pools: { LB: 8, MB: 8, UB: 8 } },
  { suffix: "queue", travelClass: "3A", days: 1, pools: { LB: 10, UB: 10 } }
]

const decodeDays = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ day: Schema.String })))
const decodeRuns = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ id: Schema.Int, state: Schema.String })))

const insertRoute = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  for (const code of stations) {
    yield* sql`INSERT INTO station (code, name) VALUES (${code}, ${`Station ${code}`}) ON CONFLICT DO NOTHING`
  }
  yield* sql`INSERT INTO route (id) VALUES (${routeId}) ON CONFLICT DO NOTHING`
  for (const [index, code] of stations.entries()) {
    const seconds = 36_000 + 3600 * index
    yield* sql`INSERT INTO route_stop (route_id, stop_index, station_code, arrival_seconds, departure_seconds, metres)
      VALUES (${routeId}, ${index}, ${code}, ${seconds}, ${seconds}, ${100_000 * index}) ON CONFLICT DO NOTHING`
  }
})

const insertTrain = Effect.fnUntraced(function*(id: string, train: typeof trains[number]) {
  const sql = yield* SqlClient.SqlClient
  const days = yield* Effect.flatMap(
    sql`SELECT to_char((berth_now() AT TIME ZONE 'Asia/Kolkata')::date + n, 'YYYY-MM-DD') AS day
      FROM generate_series(10, ${9 + train.days}::int) n`,
    decodeDays
  )
  const dates = days.map(({ day }) => day)
  yield* sql`INSERT INTO train (id, name, train_type, time_zone, source, composition_derived)
    VALUES (${id}, ${`Train ${id}`}, 'Express', 'Asia/Kolkata', 'made for the faults', false)`
  yield* sql`INSERT INTO train_service (train_id, service_number, route_id, weekdays, first_date, last_date)
    VALUES (${id}, 0, ${routeId}, 127, ${dates[0] ?? ""}::text::date, ${dates.at(-1) ?? ""}::text::date)`
  for (const [berth, count] of Object.entries(train.pools)) {
    yield* sql`INSERT INTO train_seat_config (train_id, travel_class, quota, berth, seat_count)
      VALUES (${id}, ${train.travelClass}, 'GN', ${berth}, ${count})`
  }
  return dates
})

/** Trains of one row's own, and the journeys that its load asks for. */
export interface Network {
  readonly trainIds: ReadonlyArray<string>
  readonly runIds: ReadonlyArray<number>
  readonly trips: ReadonlyArray<Trip>
  /** The train with the plenty of berths, whose configuration rows may edit. */
  readonly manyId: string
}

const between = (from: number, to: number) => ({ from: stations[from] ?? "", to: stations[to] ?? "" })

/** Every journey of some legs, and the whole one more often. */
const journeys = stations.flatMap((_, from) =>
  stations.slice(from + 1).map((_name, index) => between(from, from + 1 + index))
)

/** Makes trains, has the scheduler open their runs, and waits until they are on sale. */
export const makeNetwork = async (cluster: Cluster, name: string): Promise<Network> => {
  const made = await cluster.query(Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* insertRoute
    const trips: Array<Trip> = []
    for (const train of trains) {
      const trainId = `${name}-${train.suffix}`
      const queue = train.suffix === "queue"
      for (const date of yield* insertTrain(trainId, train)) {
        // A sixth of all calls, so that somebody waits there soon.
        const wanted = queue ? Array.from({ length: 12 }, () => between(0, 5)) : journeys
        trips.push(
          ...wanted.map(({ from, to }) => ({ trainId, date, travelClass: train.travelClass, queue, from, to }))
        )
      }
    }
    yield* sql`SELECT pg_notify('berth_timetable', '')`
    return trips
  }))
  const trainIds = trains.map(({ suffix }) => `${name}-${suffix}`)
  const runs = trains.reduce((sum, { days }) => sum + days, 0)
  const until = performance.now() + openMillisMax
  for (;;) {
    const found = await cluster.query(Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.flatMap(
        sql`SELECT id::float8 AS id, state FROM run WHERE train_id IN ${sql.in(trainIds)}`,
        decodeRuns
      )))
    if (found.length === runs && found.every(({ state }) => state === "OPEN")) {
      return { trainIds, runIds: found.map(({ id }) => id), trips: made, manyId: `${name}-many` }
    }
    if (performance.now() > until) throw new Error(`the runs of ${name} are not open: ${JSON.stringify(found)}`)
    await pause(100)
  }
}
