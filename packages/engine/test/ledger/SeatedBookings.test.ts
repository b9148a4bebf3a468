import { PersonName } from "@berth/domain/PersonName"
import { runBerthOf } from "@berth/domain/RunId"
import { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Clock, Context, Effect, Fiber, Latch, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { BookingCommits } from "../../src/ledger/BookingCommits.ts"
import * as Database from "../../src/ledger/Database.ts"
import { fromStore } from "../../src/ledger/LedgerError.ts"
import type { NewBooking } from "../../src/ledger/NewBooking.ts"
import { makeSettle, makeWriteSeated } from "../../src/ledger/SeatedBookings.ts"
import { decidedByRecord } from "../../src/ledger/UnknownOutcome.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"
import { bookingOf } from "./NewBookings.ts"
import { waitingForLocks } from "./WaitingForLocks.ts"

const open = openTrain({ stops: 3, pools: sleepers({ LB: 4 }) })

const Kept = Schema.Array(Schema.Struct({
  name: Schema.String,
  age: Schema.Int,
  gender: Schema.NullOr(Schema.String),
  wish: Schema.NullOr(Schema.String)
}))

const written = Effect.fnUntraced(function*(bookings: ReadonlyArray<NewBooking>) {
  const found = yield* makeWriteSeated(yield* SqlClient.SqlClient)(bookings)
  return Option.map(found, (outcomes) => bookings.map(({ pnr }): string => outcomes.get(pnr)?.outcome ?? "none"))
})

const rowsOf = Effect.fnUntraced(function*({ runId }: NewBooking) {
  const sql = yield* SqlClient.SqlClient
  const [{ count }] = yield* Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ count: Schema.Int })]))(
    yield* sql`SELECT (
      (SELECT count(*) FROM booking WHERE run_id = ${runId}::float8::bigint)
      + (SELECT count(*) FROM sale WHERE berth >> 16 = ${runId}::float8::bigint)
      + (SELECT count(*) FROM idempotency_key k JOIN booking b USING (pnr) WHERE b.run_id = ${runId}::float8::bigint)
    )::int AS count`
  )
  return count
})

/** Ends the connection that it is asked on. */
const loseConnection = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT pg_terminate_backend(pg_backend_pid())`)

/** What is made of a batch of which the answer is lost, after it was written or before. */
const lost = Effect.fnUntraced(
  function*(booking: NewBooking, after: Effect.Effect<unknown, never, SqlClient.SqlClient>) {
    const sql = yield* SqlClient.SqlClient
    const services = yield* Effect.context<SqlClient.SqlClient>()
    const work = Effect.provide(Effect.as(Effect.andThen(after, loseConnection), Option.none()), services)
    return yield* Effect.result(fromStore(decidedByRecord(work, makeSettle(sql)(booking.pnr))))
  }
)

const isAway = Schema.is(StoreUnavailable)

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("bookings that Redis has seated", (it) => {
  it.effect("are written in one statement, with names as they were given", () =>
    Effect.gen(function*() {
      const run = yield* open
      const sql = yield* SqlClient.SqlClient
      const names = ["O\"Brien \\ {x}, NULL", "NULL", "{}", "அருள்மொழி", "a,b"].map((name) => PersonName.make(name))
      const passengers = names.slice(0, 4).map((name, index) => ({
        number: index + 1,
        name,
        age: 30 + index,
        gender: index === 0 ? "F" as const : null,
        wish: index === 1 ? "LB" as const : null,
        berth: runBerthOf(run.id, "SL", [0, 3, 8, 11][index] ?? 0)
      }))
      const booking = yield* bookingOf(run, [], { passengers })
      assert.deepStrictEqual(yield* written([booking]), Option.some(["committed"]))
      const kept = yield* Schema.decodeUnknownEffect(Kept)(
        yield* sql`SELECT name, age, gender, wish FROM passenger WHERE pnr = ${booking.pnr} ORDER BY number`
      )
      assert.deepStrictEqual(kept, passengers.map(({ age, gender, name, wish }) => ({ name, age, gender, wish })))
    }))

  it.effect("are all left unwritten where one of them meets anything", () =>
    Effect.gen(function*() {
      const run = yield* open
      const sold = yield* bookingOf(run, [0])
      assert.deepStrictEqual(yield* written([sold]), Option.some(["committed"]))
      const before = yield* rowsOf(sold)
      const amiss = [
        yield* bookingOf(run, [8], { epoch: 0 }),
        yield* bookingOf(run, [8], { deadlineMillis: Date.UTC(2000, 0, 1) }),
        // A berth that is sold, one that is not for sale, and one of another quota.
        yield* bookingOf(run, [0]),
        yield* bookingOf(run, [1]),
        yield* bookingOf(run, [8], { quota: "TQ" }),
        { ...(yield* bookingOf(run, [8])), keyHash: sold.keyHash }
      ]
      for (const booking of amiss) {
        assert.deepStrictEqual(yield* written([yield* bookingOf(run, [3]), booking]), Option.none())
        assert.strictEqual(yield* rowsOf(sold), before)
      }
    }))

  it.effect("wait for whoever is fenced off, and are then refused", () =>
    Effect.gen(function*() {
      const run = yield* open
      const sql = yield* SqlClient.SqlClient
      const booking = yield* bookingOf(run, [0])
      const commits = yield* BookingCommits
      const waiting = yield* sql.withTransaction(Effect.gen(function*() {
        yield* sql`SELECT pg_advisory_xact_lock(${run.id}::float8::bigint)`
        const fiber = yield* Effect.forkDetach(commits.commit(booking))
        yield* waitingForLocks(1)
        yield* sql`UPDATE run SET epoch = epoch + 1 WHERE id = ${run.id}::float8::bigint`
        return fiber
      }))
      assert.strictEqual((yield* Fiber.join(waiting)).outcome, "fenced")
    }))

  it.effect("wait for a connection where other statements are refused, for their berths would lie idle", () =>
    Effect.gen(function*() {
      const run = yield* open
      const booking = yield* bookingOf(run, [0])
      const clock = yield* TestClock.make()
      const { config: { url } } = yield* PgClient.PgClient
      assert.isDefined(url)
      const services = yield* Effect.provideService(
        Layer.build(Database.layer({ url, maxConnections: 1 })),
        Clock.Clock,
        clock
      )
      const sql = Context.get(services, SqlClient.SqlClient)
      const taken = Effect.fnUntraced(function*() {
        const begun = yield* Latch.make()
        const done = yield* Latch.make()
        const fiber = yield* Effect.forkChild(sql.withTransaction(Effect.andThen(begun.open, done.await)), {
          startImmediately: true
        })
        return { begun: begun.await, end: Effect.andThen(done.open, Fiber.join(fiber)) }
      })
      // The only connection is taken for three seconds, as it seems, is taken again, and somebody waits.
      const first = yield* taken()
      yield* first.begun
      yield* clock.adjust("3 seconds")
      yield* first.end
      const second = yield* taken()
      yield* second.begun
      const third = yield* taken()
      assert.strictEqual((yield* Effect.flip(sql`SELECT 1`)).reason._tag, "ConnectionError")
      const writing = yield* Effect.forkChild(Effect.provideService(written([booking]), SqlClient.SqlClient, sql), {
        startImmediately: true
      })
      yield* second.end
      yield* third.end
      assert.deepStrictEqual(yield* Fiber.join(writing), Option.some(["committed"]))
    }))

  it.effect("are acknowledged where the answer was lost and the record has them", () =>
    Effect.gen(function*() {
      const run = yield* open
      const booking = yield* bookingOf(run, [0])
      const result = yield* lost(booking, Effect.orDie(written([booking, yield* bookingOf(run, [3])])))
      assert.isTrue(result._tag === "Success" && Option.isSome(result.success))
    }))

  it.effect("are not acknowledged where the record has none of them, and are not written by what arrives later", () =>
    Effect.gen(function*() {
      const run = yield* open
      const booking = yield* bookingOf(run, [0])
      const result = yield* lost(booking, Effect.void)
      assert.isTrue(result._tag === "Failure" && isAway(result.failure))
      assert.deepStrictEqual(yield* written([booking]), Option.none())
      assert.strictEqual(yield* rowsOf(booking), 0)
      assert.deepStrictEqual(yield* written([yield* bookingOf(run, [0])]), Option.some(["committed"]))
    }))

  it.effect("are waited for where they are being written while somebody asks what became of them", () =>
    Effect.gen(function*() {
      const run = yield* open
      const sql = yield* SqlClient.SqlClient
      const booking = yield* bookingOf(run, [0])
      // Beside the transaction, not within it.
      const fork = Effect.runForkWith(yield* Effect.context<SqlClient.SqlClient>())
      const { asked, writing } = yield* sql.withTransaction(Effect.gen(function*() {
        yield* sql`SELECT pg_advisory_xact_lock(${run.id}::float8::bigint)`
        const first = fork(written([booking]))
        yield* waitingForLocks(1)
        const second = fork(makeSettle(sql)(booking.pnr))
        yield* waitingForLocks(2)
        return { writing: first, asked: second }
      }))
      assert.deepStrictEqual(yield* Fiber.join(writing), Option.some(["committed"]))
      assert.isTrue(Option.isSome(yield* Fiber.join(asked)))
    }))

  it.effect("are refused at once where PostgreSQL has no room for them, and not asked after", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const work = Effect.as(
        sql`DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$`,
        Option.none<never>()
      )
      const asked = Effect.die(new Error("it was asked after"))
      const error = yield* Effect.flip(fromStore(decidedByRecord(work, asked)))
      assert.instanceOf(error, StoreUnavailable)
    }))
})
