import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Redacted, Schema } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import * as Database from "../../src/ledger/Database.ts"
import * as GuardedPostgres from "../../src/ledger/GuardedPostgres.ts"
import { fromStore } from "../../src/ledger/LedgerError.ts"
import { leftAlone } from "../../src/StoreCircuit.ts"
import { emptyDatabase } from "../TestEngine.ts"

const connectionsMax = 2

const database = Layer.unwrap(
  Effect.map(emptyDatabase, (url) => Database.layer({ url, maxConnections: connectionsMax }))
)

const ask = Effect.flatMap(SqlClient.SqlClient, (sql) => fromStore(sql`SELECT 1 AS one`))

class Refused extends Schema.TaggedError<Refused>()("Refused", {}) {}

/** Takes every connection of the pool in a transaction of its own, and gives them back when told. */
const takeAll = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const done = yield* Deferred.make<void>()
  const taken = yield* Effect.forEach(Array.from({ length: connectionsMax }), () => Deferred.make<void>())
  const fibers = yield* Effect.forEach(taken, (here) =>
    Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
      yield* sql`SELECT 1`
      yield* Deferred.succeed(here, undefined)
      yield* Deferred.await(done)
    }))))
  yield* Effect.forEach(taken, Deferred.await, { discard: true })
  return { giveBack: Effect.andThen(Deferred.succeed(done, undefined), Effect.forEach(fibers, Fiber.join)) }
})

layer(database, { timeout: "60 seconds" })("PostgreSQL under more than it can serve", (it) => {
  it.effect("refuses at once the statement that would wait longest, and serves those before it", () =>
    Effect.gen(function*() {
      const slow = yield* takeAll
      yield* TestClock.adjust("1500 millis")
      yield* slow.giveBack
      const again = yield* takeAll
      // Two connections, each taken for 1.5 s as it seems: the fourth to wait would do so for more than two seconds.
      const asked = yield* Effect.forEach(
        Array.from({ length: 6 }),
        () => Effect.forkChild(Effect.result(ask), { startImmediately: true })
      )
      const refused = yield* Effect.forEach(asked.slice(3), Fiber.join)
      assert.deepStrictEqual(
        refused.map((result) => result._tag === "Failure" ? result.failure._tag : result._tag),
        ["StoreUnavailable", "StoreUnavailable", "StoreUnavailable"]
      )
      yield* again.giveBack
      const served = yield* Effect.forEach(asked.slice(0, 3), Fiber.join)
      assert.deepStrictEqual(served.map(({ _tag }) => _tag), ["Success", "Success", "Success"])
    }))

  it.effect("gives up the wait for a connection after five seconds", () =>
    Effect.gen(function*() {
      const slow = yield* takeAll
      const waits = yield* Effect.forkChild(Effect.result(ask), { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(waits))._tag, "Failure")
      yield* slow.giveBack
      assert.lengthOf(yield* ask, 1)
    }))

  it.effect("gives up a statement that is not answered, and the connection serves no one else meanwhile", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const locked = yield* Deferred.make<void>()
      const done = yield* Deferred.make<void>()
      const holder = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
        yield* sql`SELECT pg_advisory_xact_lock(42)`
        yield* Deferred.succeed(locked, undefined)
        yield* Deferred.await(done)
      })))
      yield* Deferred.await(locked)
      const waits = yield* Effect.forkChild(Effect.result(fromStore(sql`SELECT pg_advisory_xact_lock(42)`)), {
        startImmediately: true
      })
      // The limit, and a second until it is looked at.
      yield* TestClock.adjust("13 seconds")
      assert.strictEqual((yield* Fiber.join(waits))._tag, "Failure")
      assert.lengthOf(yield* ask, 1)
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(holder)
    }))

  it.effect("knows of a statement without an answer that it may have been carried out, also after a LISTEN without one", () =>
    Effect.gen(function*() {
      const unanswered = new Proxy(yield* PgClient.PgClient, {
        get: (target, name) => name === "listen" ? () => Effect.never : Reflect.get(target, name)
      })
      const sql = yield* Effect.provide(GuardedPostgres.make(unanswered, connectionsMax), Reactivity.layer)
      const listens = yield* Effect.forkChild(Effect.flip(Effect.scoped(sql.listen("channel"))), {
        startImmediately: true
      })
      yield* TestClock.adjust("12 seconds")
      yield* Fiber.join(listens)
      const locked = yield* Deferred.make<void>()
      const done = yield* Deferred.make<void>()
      const holder = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
        yield* sql`SELECT pg_advisory_xact_lock(43)`
        yield* Deferred.succeed(locked, undefined)
        yield* Deferred.await(done)
      })))
      yield* Deferred.await(locked)
      const waits = yield* Effect.forkChild(Effect.flip(sql`SELECT pg_advisory_xact_lock(43)`), {
        startImmediately: true
      })
      yield* TestClock.adjust("13 seconds")
      assert.isTrue(GuardedPostgres.wasSent(yield* Fiber.join(waits)))
      yield* Deferred.succeed(done, undefined)
      yield* Fiber.join(holder)
    }))

  it.effect("lets a refusal stand where the connection was lost before it could be rolled back", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const refused = fromStore(sql.withTransaction(Effect.gen(function*() {
        yield* Effect.ignore(sql`SELECT pg_terminate_backend(pg_backend_pid())`)
        return yield* new Refused()
      })))
      assert.strictEqual((yield* Effect.flip(refused))._tag, "Refused")
      assert.lengthOf(yield* ask, 1)
    }))

  it.effect("waits for maintenance as long as it takes", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const begun = yield* Deferred.make<void>()
      const long = yield* Effect.forkChild(Database.maintenance(
        sql,
        Effect.andThen(Deferred.succeed(begun, undefined), sql`SELECT 1 FROM pg_sleep(0.2)`)
      ))
      yield* Deferred.await(begun)
      yield* TestClock.adjust("10 minutes")
      assert.lengthOf(yield* Fiber.join(long), 1)
    }))
})

// Port 1 of this machine is nobody's.
const nobody = Database.layer({ url: Redacted.make("postgres://nobody@127.0.0.1:1/none"), maxConnections: 2 })

layer(nobody, { timeout: "60 seconds" })("a PostgreSQL that does not answer", (it) => {
  it.effect("is left alone after five calls, and tried by one a second", () =>
    Effect.gen(function*() {
      const isLeftAlone = Effect.map(Effect.flip(ask), (error) => error === leftAlone.postgresql)
      const first = yield* Effect.forEach(Array.from({ length: 6 }), () => isLeftAlone)
      assert.deepStrictEqual(first, [false, false, false, false, false, true])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([yield* isLeftAlone, yield* isLeftAlone], [false, true])
    }))
})
