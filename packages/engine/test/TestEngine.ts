import type { BerthType } from "@berth/domain/BerthType"
import { addDays, type JourneyDate } from "@berth/domain/JourneyDate"
import type { Quota } from "@berth/domain/Quota"
import { runIdOf } from "@berth/domain/RunId"
import { StationCode } from "@berth/domain/StationCode"
import { TrainId } from "@berth/domain/TrainId"
import type { TravelClass } from "@berth/domain/TravelClass"
import { PgClient } from "@effect/sql-pg"
import { Array as Arr, Effect, Layer, Redacted, Schema } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { SqlClient } from "effect/sql"
import { createHash, randomUUID } from "node:crypto"
import { inject } from "vitest"
import * as Engine from "../src/Engine.ts"
import * as Database from "../src/ledger/Database.ts"
import { RunRows } from "../src/ledger/RunRows.ts"
import { StoreClock } from "../src/ledger/StoreClock.ts"
import { RunLoader } from "../src/seeding/RunLoader.ts"
import { managedRedis } from "./inventory/RedisForTests.ts"

/** Two of them may be taken by commits, others by a promoter and by callers. */
const connectionsMax = 12

const withServer = <A, E>(use: (sql: PgClient.PgClient) => Effect.Effect<A, E>) =>
  PgClient.make({ url: Redacted.make(inject("postgresUrl")), maxConnections: 1 }).pipe(
    Effect.flatMap(use),
    Effect.provide(Reactivity.layer),
    Effect.scoped
  )

/** The address of a database that lives as long as its scope, a copy of another. */
const copyOf = Effect.fnUntraced(function*(template: string) {
  const name = `engine_${randomUUID().replaceAll("-", "")}`
  yield* Effect.acquireRelease(
    withServer((sql) => sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(template)}`),
    () => Effect.ignore(withServer((sql) => sql`DROP DATABASE ${sql(name)} WITH (FORCE)`))
  )
  const url = new URL(inject("postgresUrl"))
  url.pathname = `/${name}`
  return Redacted.make(url.href)
})

export const emptyDatabase = copyOf("template1")

export const migratedDatabase = Effect.suspend(() => copyOf(inject("migratedDatabase")))

/** A migrated database for the tests of one file. */
export const database = Layer.unwrap(
  Effect.map(migratedDatabase, (url) => Database.layer({ url, maxConnections: connectionsMax }))
)

/** The engine over a PostgreSQL database and a Redis of its own, without anything that keeps time. */
export const engine = Engine.layer.pipe(Layer.provideMerge(Layer.merge(database, managedRedis)))

/** Stops of every train made here, as many as are asked for. */
export const stations = Arr.map(
  ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH", "III"] as const,
  (code) => StationCode.make(code)
)

export interface Pool {
  readonly travelClass: TravelClass
  readonly quota: Quota
  readonly berth: BerthType
  readonly seatCount: number
}

/** Pools of sleeper berths: how many of each type, of the general quota unless another is named. */
export const sleepers = (counts: Partial<Record<BerthType, number>>, quota: Quota = "GN") =>
  Arr.map(
    ["LB", "MB", "UB", "SL", "SU"] as const,
    (berth): Pool => ({ travelClass: "SL", quota, berth, seatCount: counts[berth] ?? 0 })
  )

export interface TestRun {
  readonly id: number
  readonly trainId: TrainId
  readonly trainNumber: number
  readonly date: JourneyDate
}

const routeOf = Effect.fnUntraced(function*(stops: number) {
  const sql = yield* SqlClient.SqlClient
  const id = createHash("sha256").update(`route of ${stops} stops`).digest("hex")
  yield* sql`INSERT INTO station ${
    sql.insert(Arr.map(stations, (code) => ({ code: String(code), name: String(code) })))
  } ON CONFLICT DO NOTHING`
  yield* sql`INSERT INTO route (id) VALUES (${id}) ON CONFLICT DO NOTHING`
  yield* sql`INSERT INTO route_stop ${
    sql.insert(Arr.map(Arr.range(0, stops - 1), (index) => ({
      route_id: id,
      stop_index: index,
      station_code: String(stations[index]),
      arrival_seconds: 36_000 + 3600 * index,
      departure_seconds: 36_300 + 3600 * index,
      metres: 50_000 * index
    })))
  } ON CONFLICT DO NOTHING`
  return id
})

export const configure = Effect.fnUntraced(function*(trainId: TrainId, pools: Arr.NonEmptyReadonlyArray<Pool>) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO train_seat_config ${
    sql.insert(Arr.map(pools, ({ berth, quota, seatCount, travelClass }) => ({
      train_id: String(trainId),
      travel_class: travelClass,
      quota,
      berth,
      seat_count: seatCount
    })))
  } ON CONFLICT (train_id, travel_class, quota, berth) DO UPDATE SET seat_count = excluded.seat_count`
})

let trains = 0

const decodeNumber = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ number: Schema.Int })]))

/** A train that runs on one day, ten days from now, with its run made and not loaded. */
export const makeTrain = Effect.fnUntraced(function*(options: {
  readonly stops: number
  readonly pools: Arr.NonEmptyReadonlyArray<Pool>
}) {
  const sql = yield* SqlClient.SqlClient
  const routeId = yield* routeOf(options.stops)
  const trainId = TrainId.make(`T${++trains}`)
  const date = addDays(yield* (yield* StoreClock).today("Asia/Kolkata"), 10)
  const [{ number: trainNumber }] = yield* decodeNumber(
    yield* sql`
      INSERT INTO train (id, name, train_type, time_zone, source, composition_derived)
      VALUES (${trainId}, ${trainId}, 'Express', 'Asia/Kolkata', 'made by a test', false) RETURNING number`
  )
  yield* sql`
    INSERT INTO train_service (train_id, service_number, route_id, weekdays, first_date, last_date)
    VALUES (${trainId}, 0, ${routeId}, 127, ${date}::text::date, ${date}::text::date)`
  yield* configure(trainId, options.pools)
  yield* (yield* RunRows).makeWindow
  const run: TestRun = { id: runIdOf(trainNumber, date), trainId, trainNumber, date }
  return run
})

/** The same, loaded into Redis and open. */
export const openTrain = Effect.fnUntraced(function*(options: Parameters<typeof makeTrain>[0]) {
  const run = yield* makeTrain(options)
  yield* (yield* RunLoader).load([run.id], "all")
  return run
})
