import { PersonName } from "@berth/domain/PersonName"
import { runBerthOf } from "@berth/domain/RunId"
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { BookingCommits } from "../../src/ledger/BookingCommits.ts"
import type { NewBooking } from "../../src/ledger/NewBooking.ts"
import { makeWriteSeated } from "../../src/ledger/SeatedBookings.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"
import { bookingOf } from "./NewBookings.ts"

const open = openTrain({ stops: 3, pools: sleepers({ LB: 4 }) })

const Kept = Schema.Array(Schema.Struct({
  name: Schema.String,
  age: Schema.Int,
  gender: Schema.NullOr(Schema.String),
  wish: Schema.NullOr(Schema.String)
}))

const written = Effect.fnUntraced(function*(bookings: ReadonlyArray<NewBooking>) {
  const found = yield* makeWriteSeated(yield* SqlClient.SqlClient)(bookings)
  return Option.map(found, (outcomes) => bookings.map(({ pnr }) => outcomes.get(pnr)?.outcome))
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
        yield* Effect.repeat(
          Effect.flatMap(
            sql`SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted AND locktype = 'advisory'`,
            Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ count: Schema.Int })]))
          ),
          { until: ([{ count }]) => count > 0 }
        )
        yield* sql`UPDATE run SET epoch = epoch + 1 WHERE id = ${run.id}::float8::bigint`
        return fiber
      }))
      assert.strictEqual((yield* Fiber.join(waiting)).outcome, "fenced")
    }))
})
