import { addDays } from "@berth/domain/JourneyDate"
import { UserId } from "@berth/domain/UserId"
import { EmbeddedRedis } from "@berth/embedded/EmbeddedRedis"
import * as Engine from "@berth/engine/Engine"
import * as Database from "@berth/engine/ledger/Database"
import { StoreClock } from "@berth/engine/ledger/StoreClock"
import * as Stores from "@berth/engine/Stores"
import { importFeed } from "@berth/engine/timetable/FeedImport"
import * as HealthServer from "@berth/scheduler/HealthServer"
import * as Scheduler from "@berth/scheduler/Scheduler"
import * as NodeServer from "@berth/server/NodeServer"
import { Tokens } from "@berth/server/Tokens"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, Schedule } from "effect"
import { HttpServer } from "effect/http"
import { SqlClient } from "effect/sql"
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inject } from "vitest"
import { metricsOfGuide as metrics } from "./OperatorsGuide.ts"

class Timekeeper extends Context.Service<Timekeeper, string>()("test/Timekeeper") {}

const onServer = (statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement)).pipe(
    Effect.provide(Database.layer({ url: Redacted.make(inject("postgresUrl")), maxConnections: 1 }))
  )

/** A migrated database of its own on the server of all tests. */
const database = Effect.gen(function*() {
  const name = `figures_${randomUUID().replaceAll("-", "")}`
  yield* Effect.acquireRelease(
    onServer(`CREATE DATABASE ${name} TEMPLATE ${inject("migratedDatabase")}`),
    () => Effect.ignore(onServer(`DROP DATABASE ${name} WITH (FORCE)`))
  )
  const url = new URL(inject("postgresUrl"))
  url.pathname = `/${name}`
  return Redacted.make(url.href)
})

const stores = Layer.unwrap(Effect.gen(function*() {
  const dataDir = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "berth-operations-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const { uri } = Context.get(yield* Layer.build(EmbeddedRedis.layer({ dataDir, kind: "auto" })), EmbeddedRedis)
  return Stores.layer({ databaseUrl: yield* database, redisUri: Redacted.make(uri) })
}))

const address = { host: "127.0.0.1", port: 0 }

const berth = Layer.merge(
  NodeServer.layer(address),
  Layer.effect(
    Timekeeper,
    Effect.map(
      Layer.build(Layer.fresh(HealthServer.layer(address))),
      (built) => HttpServer.formatAddress(Context.get(built, HttpServer.HttpServer).address)
    )
  )
).pipe(
  Layer.provideMerge(Layer.merge(Tokens.layer, Scheduler.layer)),
  Layer.provideMerge(Engine.layer),
  Layer.provideMerge(
    Layer.effectDiscard(importFeed({ path: "packages/engine/data/sample-network", source: "sample" }))
  ),
  Layer.provideMerge(stores)
)

/** Series that one booking changes, and by how much. */
const changes = [
  [`berth_bookings_total{outcome="CONFIRMED"}`, 1],
  [`berth_commit_outcomes_total{of="booking",outcome="committed"}`, 1],
  [`berth_redis_script_seconds_count{script="book-n"}`, 1],
  [`berth_drift_total{found_by="booking"}`, 0]
] as const

/** What a process shows of a series; of some there is nothing to show before the first. */
const valueOf = (figures: string, series: string): number | undefined => {
  const line = figures.split("\n").find((each) => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length))
}

const text = (url: string) => Effect.promise(() => fetch(url).then((answer) => answer.text()))

layer(berth, { timeout: "90 seconds", excludeTestServices: true })("the figures", (it) => {
  it.effect("after a small sale are those of the guide, from server and scheduler", () =>
    Effect.gen(function*() {
      const server = HttpServer.formatAddress((yield* HttpServer.HttpServer).address)
      const scheduler = yield* Timekeeper
      const token = Redacted.value(yield* (yield* Tokens).make({ userId: UserId.make("user_1"), role: "passenger" }))
      const date = addDays(yield* (yield* StoreClock).today("Asia/Kolkata"), 9)
      const body = { trainId: "12345", date, travelClass: "SL", passengers: [{ name: "Example", age: 30 }] }
      // Other tests of this process are counted too.
      const before = yield* text(`${server}/metrics`)
      const answer = yield* Effect.promise(() =>
        fetch(`${server}/api/bookings`, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: JSON.stringify(body)
        })
      )
      assert.strictEqual(answer.status, 201)
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE train_seat_config SET seat_count = seat_count + 1 WHERE train_id = '12345' AND berth = 'LB'`
      const shown = text(`${scheduler}/metrics`).pipe(
        Effect.repeat({
          schedule: Schedule.spaced("50 millis"),
          until: (figures) =>
            /^berth_edit_lag_seconds_count [1-9]/m.test(figures) && /^berth_postgres_connections [1-9]/m.test(figures)
        })
      )
      for (const figures of [yield* shown, yield* text(`${server}/metrics`)]) {
        const served = [...figures.matchAll(/^# TYPE (berth_\w+) /gm)].map(([, name]) => name ?? "").toSorted()
        assert.deepEqual(served, metrics)
        for (const [series, change] of changes) {
          assert.strictEqual(valueOf(figures, series), (valueOf(before, series) ?? 0) + change, series)
        }
      }
      assert.strictEqual(yield* text(`${scheduler}/health`), `{"status":"ok"}`)
      assert.strictEqual(yield* text(`${scheduler}/health/live`), `{"status":"ok"}`)
    }))
})
