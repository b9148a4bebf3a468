import * as Database from "@berth/engine/ledger/Database"
import { migrate, migrateFrom } from "@berth/engine/ledger/Migrations"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schedule, Schema } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import { emptyDatabase } from "../TestEngine.ts"

const database = Layer.unwrap(Effect.map(emptyDatabase, (url) => Database.layer({ url, maxConnections: 8 })))

const decodeCount = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ count: Schema.Int })]))

/** How many sessions of this database wait for a lock of a table. */
const waiting = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [{ count }] = yield* decodeCount(
    yield* sql`SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`
  )
  return count
})

const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(condition, { schedule: Schedule.spaced("20 millis"), until: (holds) => holds })

layer(database, { timeout: "60 seconds", excludeTestServices: true })("migrations", (it) => {
  it.effect("are run once, however many migrators start together", () =>
    Effect.gen(function*() {
      const ran = yield* Effect.all(Array.from({ length: 4 }, () => migrate), { concurrency: "unbounded" })
      const [first = 0, ...others] = ran.map((done) => done.length).toSorted((left, right) => right - left)
      assert.isAbove(first, 0)
      assert.deepEqual(others, [0, 0, 0])
    }))

  it.effect("give way to the sale where a table is in use, and are done once it is free", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const change = migrateFrom(Migrator.fromRecord({
        "9999_change": Effect.asVoid(sql`ALTER TABLE train ADD COLUMN changed boolean`)
      }))
      const done = yield* Deferred.make<void>()
      const holder = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
        yield* sql`SELECT FROM train`
        yield* Deferred.await(done)
      })))
      const migrator = yield* Effect.forkChild(change)
      yield* until(Effect.map(waiting, (count) => count === 1))
      // Comes behind the migrator, and would wait for the holder if the migrator did not let go.
      yield* sql`SELECT FROM train`
      assert.isUndefined(holder.pollUnsafe())
      assert.isUndefined(migrator.pollUnsafe())
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(holder)
      assert.lengthOf(yield* Fiber.join(migrator), 1)
      assert.lengthOf(yield* change, 0)
    }))
})
