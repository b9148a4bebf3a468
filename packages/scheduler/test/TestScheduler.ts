import { addDays } from "@berth/domain/JourneyDate"
import { runIdOf } from "@berth/domain/RunId"
import { TrainId } from "@berth/domain/TrainId"
import { EmbeddedRedis } from "@berth/embedded/EmbeddedRedis"
import * as Engine from "@berth/engine/Engine"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import * as Database from "@berth/engine/ledger/Database"
import { StoreClock } from "@berth/engine/ledger/StoreClock"
import { AvailabilityReader } from "@berth/engine/sale/AvailabilityReader"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted, Schedule, Schema } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { SqlClient } from "effect/sql"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inject } from "vitest"
import * as Scheduler from "../src/Scheduler.ts"

const withServer = <A, E>(use: (sql: PgClient.PgClient) => Effect.Effect<A, E>) =>
  PgClient.make({ url: Redacted.make(inject("postgresUrl")), maxConnections: 1 }).pipe(
    Effect.flatMap(use),
    Effect.provide(Reactivity.layer),
    Effect.scoped
  )

const database = Layer.unwrap(Effect.gen(function*() {
  const name = `scheduler_${randomUUID().replaceAll("-", "")}`
  yield* Effect.acquireRelease(
    withServer((sql) => sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(inject("migratedDatabase"))}`),
    () => Effect.ignore(withServer((sql) => sql`DROP DATABASE ${sql(name)} WITH (FORCE)`))
  )
  const url = new URL(inject("postgresUrl"))
  url.pathname = `/${name}`
  return Database.layer({ url: Redacted.make(url.href), maxConnections: 16 })
}))

const redis = Layer.unwrap(Effect.gen(function*() {
  const dataDir = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "berth-scheduler-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const embedded = EmbeddedRedis.layer({ dataDir, kind: "auto" })
  return Layer.unwrap(Effect.map(EmbeddedRedis, ({ uri }) => ManagedRedis.layer(Redacted.make(uri)))).pipe(
    Layer.provide(embedded)
  )
}))

/** The engine and what keeps its time, over stores of their own. */
export const layer = Scheduler.layer.pipe(
  Layer.provideMerge(Engine.layer),
  Layer.provideMerge(Layer.merge(database, redis))
)

const timeZone = "Asia/Kolkata"
const decodeNumber = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ number: Schema.Int })]))
const routeId = "0".repeat(64)

let trains = 0

/** A train that runs every day, with three lower berths and three stops, the last on the second day after its first. */
const insertTrain = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const trainId = TrainId.make(`T${++trains}`)
  const today = yield* (yield* StoreClock).today(timeZone)
  yield* sql`INSERT INTO station (code, name) VALUES ('AAA', 'A'), ('BBB', 'B'), ('CCC', 'C') ON CONFLICT DO NOTHING`
  yield* sql`INSERT INTO route (id) VALUES (${routeId}) ON CONFLICT DO NOTHING`
  yield* sql`INSERT INTO route_stop VALUES (${routeId}, 0, 'AAA', 86000, 86000, 0),
    (${routeId}, 1, 'BBB', 130000, 130300, 500000), (${routeId}, 2, 'CCC', 190000, 190000, 900000) ON CONFLICT DO NOTHING`
  const [{ number }] = yield* decodeNumber(
    yield* sql`
      INSERT INTO train (id, name, train_type, time_zone, source, composition_derived)
      VALUES (${trainId}, ${trainId}, 'Express', ${timeZone}, 'made by a test', false) RETURNING number`
  )
  yield* sql`INSERT INTO train_service (train_id, service_number, route_id, weekdays, first_date, last_date)
    VALUES (${trainId}, 0, ${routeId}, 127, ${today}::text::date - 9, ${today}::text::date + 365)`
  yield* sql`INSERT INTO train_seat_config VALUES (${trainId}, 'SL', 'GN', 'LB', 3)`
  yield* sql`SELECT pg_notify('berth_timetable', '')`
  const runId = (day: number) => runIdOf(number, addDays(today, day))
  return { trainId, today, runId, date: addDays(today, 10) }
})

/** Whole at once, or its runs might be opened before it has berths. */
export const makeTrain = Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(insertTrain))
export type TestTrain = Effect.Success<typeof makeTrain>

/** Waits until a condition holds; the test's own timeout ends a wait in vain. */
export const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(condition, { schedule: Schedule.spaced("20 millis"), until: (holds) => holds })

export const stateOf = Effect.fnUntraced(function*(runId: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql`SELECT state, epoch::int AS epoch FROM run WHERE id = ${runId}::float8::bigint`
  return { state: row?.["state"] ?? "none", epoch: Number(row?.["epoch"] ?? 0) }
})

export const isOpen = (runId: number) => Effect.map(stateOf(runId), ({ state }) => state === "OPEN")

/** Lower berths of the general quota that are free on the whole route, ten days from now. */
export const free = Effect.fnUntraced(function*({ date, trainId }: Pick<TestTrain, "date" | "trainId">) {
  const { classes } = yield* (yield* AvailabilityReader).availability({ trainId, date })
  return classes[0]?.quotas[0]?.free ?? 0
})
