import { addDays } from "@berth/domain/JourneyDate"
import { RunRows } from "@berth/engine/ledger/RunRows"
import { StoreClock } from "@berth/engine/ledger/StoreClock"
import { RunLoader } from "@berth/engine/seeding/RunLoader"
import { RunDirectory } from "@berth/engine/timetable/RunDirectory"
import { Array as Arr, Effect } from "effect"
import { SqlClient } from "effect/sql"

export const timeZone = "Asia/Kolkata"

const routeId = "a".repeat(64)
const stations = ["AAA", "BBB", "CCC", "DDD"] as const

const pools = (trainId: string, seatCount: number) =>
  Arr.map(["LB", "UB"] as const, (berth) => ({
    train_id: trainId,
    travel_class: "SL",
    quota: "GN",
    berth,
    seat_count: seatCount
  }))

const insertTrain = Effect.fnUntraced(function*(id: string, seatCount: number, weekdays: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    INSERT INTO train (id, name, train_type, time_zone, source, composition_derived)
    VALUES (${id}, ${`Train ${id}`}, 'Express', ${timeZone}, 'made by a test', false)`
  yield* sql`
    INSERT INTO train_service (train_id, service_number, route_id, weekdays, first_date, last_date)
    VALUES (${id}, 0, ${routeId}, ${weekdays}, '2020-01-01', '2099-12-31')`
  yield* sql`INSERT INTO train_seat_config ${sql.insert(pools(id, seatCount))}`
})

/** Trains 101 and 102, with 72 berths and with 12, that run every day over four stations, and 103 that runs on none. */
export const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO station ${sql.insert(Arr.map(stations, (code) => ({ code, name: `Station ${code}` })))}`
  yield* sql`INSERT INTO route (id) VALUES (${routeId})`
  yield* sql`INSERT INTO route_stop ${
    sql.insert(Arr.map(stations, (code, index) => ({
      route_id: routeId,
      stop_index: index,
      station_code: code,
      // From 23:00, so that it is the next day from the second stop on.
      arrival_seconds: 82_800 + 7200 * index,
      departure_seconds: 82_800 + 7200 * index,
      metres: 100_000 * index
    })))
  }`
  yield* insertTrain("101", 36, 127)
  yield* insertTrain("102", 6, 127)
  yield* insertTrain("103", 36, 0)
  const rows = yield* RunRows
  yield* rows.makeWindow
  yield* (yield* RunLoader).load(yield* rows.onSale, "all")
  yield* (yield* RunDirectory).forgetAll
})

/** The day that is so many days from today. */
export const dayFromToday = Effect.fnUntraced(function*(days: number) {
  return addDays(yield* (yield* StoreClock).today(timeZone), days)
})
