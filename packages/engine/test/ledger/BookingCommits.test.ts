import { PersonName } from "@berth/domain/PersonName"
import { assert, layer } from "@effect/vitest"
import { Clock, Context, Effect, Exit, Fiber, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { BookingCommits, paceMillis } from "../../src/ledger/BookingCommits.ts"
import type { NewBooking } from "../../src/ledger/NewBooking.ts"
import { configure, engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"
import { bookingOf } from "./NewBookings.ts"
import { waitingForLocks } from "./WaitingForLocks.ts"

const commit = Effect.fnUntraced(function*(booking: NewBooking) {
  return (yield* (yield* BookingCommits).commit(booking)).outcome
})

const commitAll = (bookings: ReadonlyArray<NewBooking>) =>
  Effect.forEach(bookings, (booking) => Effect.exit(commit(booking)), { concurrency: "unbounded" })

/** Slots 0, 3, 8 and 11 are the lower berths of the first two bays. */
const open = openTrain({ stops: 3, pools: sleepers({ LB: 4 }) })

/** Those who wait. */
const party = [1, 2, 3].map((number) => ({
  number,
  name: PersonName.make("Traveller"),
  age: 30,
  gender: null,
  wish: null,
  berth: null
}))

const countOf = Effect.fnUntraced(function*(run: TestRun) {
  const sql = yield* SqlClient.SqlClient
  const rows =
    yield* sql`SELECT (SELECT count(*)::int FROM booking WHERE run_id = ${run.id}::float8::bigint) AS bookings,
    (SELECT count(*)::int FROM sale WHERE berth >> 16 = ${run.id}::float8::bigint) AS sales,
    (SELECT count(*)::int FROM waitlist_entry WHERE run_id = ${run.id}::float8::bigint) AS waiting`
  return yield* Schema.decodeUnknownEffect(Schema.Tuple([
    Schema.Struct({ bookings: Schema.Int, sales: Schema.Int, waiting: Schema.Int })
  ]))(rows)
})

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("the group commit", (it) => {
  it.effect("writes a booking whole, and its neighbour on the legs that follow", () =>
    Effect.gen(function*() {
      const run = yield* open
      assert.strictEqual(yield* commit(yield* bookingOf(run, [0, 3], { toStop: 1 })), "committed")
      assert.strictEqual(yield* commit(yield* bookingOf(run, [0], { fromStop: 1 })), "committed")
      assert.deepStrictEqual(yield* countOf(run), [{ bookings: 2, sales: 3, waiting: 0 }])
    }))

  it.effect("refuses a booking of which one berth is sold, and keeps nothing of it, nor of its key", () =>
    Effect.gen(function*() {
      const run = yield* open
      yield* commit(yield* bookingOf(run, [0]))
      const loser = yield* bookingOf(run, [3, 0])
      assert.strictEqual(yield* commit(loser), "taken")
      assert.deepStrictEqual(yield* countOf(run), [{ bookings: 1, sales: 1, waiting: 0 }])
      assert.strictEqual(yield* commit({ ...(yield* bookingOf(run, [3, 8])), keyHash: loser.keyHash }), "committed")
    }))

  it.effect("commits the neighbours of bookings that fail", () =>
    Effect.gen(function*() {
      const run = yield* open
      const fine = [yield* bookingOf(run, [0]), yield* bookingOf(run, [3])]
      const failing = [
        yield* bookingOf(run, [8], { epoch: 0 }),
        yield* bookingOf(run, [8], { deadlineMillis: Date.UTC(2000, 0, 1) }),
        yield* bookingOf(run, [1])
      ]
      const outcomes = yield* commitAll([...failing, ...fine])
      assert.deepStrictEqual(
        outcomes.map((exit) => Exit.isSuccess(exit) ? exit.value : exit.cause.toString()),
        ["fenced", "late", "withdrawn", "committed", "committed"]
      )
    }))

  it.effect("finds the one booking that violates a rule of the tables, and commits the others", () =>
    Effect.gen(function*() {
      const run = yield* open
      const fine = yield* Effect.forEach([0, 3, 8, 11], (slot) => bookingOf(run, [slot]))
      const [passenger] = (yield* bookingOf(run, [0])).passengers
      if (passenger === undefined) return assert.fail("no passenger")
      const wrong = [
        yield* bookingOf(run, [], { passengers: [{ ...passenger, age: 126 }], toStop: 1 }),
        // Not even a small integer.
        yield* bookingOf(run, [], { passengers: [{ ...passenger, age: 40_000 }], toStop: 1 })
      ]
      const outcomes = yield* commitAll([...fine.slice(0, 2), ...wrong, ...fine.slice(2)])
      const committed = outcomes.filter((exit) => Exit.isSuccess(exit) && exit.value === "committed")
      assert.strictEqual(committed.length, 4)
      assert.deepStrictEqual(yield* countOf(run), [{ bookings: 4, sales: 4, waiting: 0 }])
    }))

  it.effect("makes one booking of a key, within a batch and across batches", () =>
    Effect.gen(function*() {
      const run = yield* open
      const first = yield* bookingOf(run, [0])
      const twins = yield* Effect.forEach([3, 8, 11], (slot) =>
        Effect.map(bookingOf(run, [slot]), (twin) => ({ ...twin, keyHash: first.keyHash })))
      const outcomes = yield* commitAll([first, ...twins])
      assert.deepStrictEqual(
        outcomes.map((exit) =>
          Exit.isSuccess(exit) ? exit.value : "failed"
        ).toSorted(),
        ["committed", "duplicate", "duplicate", "duplicate"]
      )
      assert.strictEqual(yield* commit({ ...(yield* bookingOf(run, [3])), keyHash: first.keyHash }), "duplicate")
      assert.deepStrictEqual(yield* countOf(run), [{ bookings: 1, sales: 1, waiting: 0 }])
    }))

  it.effect("writes at once what comes after a pause, and together what comes soon behind it", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const run = yield* open
      const clock = yield* TestClock.make()
      const paced = Context.get(
        yield* Layer.build(Layer.fresh(BookingCommits.layer)).pipe(Effect.provideService(Clock.Clock, clock)),
        BookingCommits
      )
      yield* paced.commit(yield* bookingOf(run, [0]))
      const second = yield* Effect.forkChild(paced.commit(yield* bookingOf(run, [3])))
      // Written elsewhere meanwhile: the second could have been by now.
      yield* commit(yield* bookingOf(yield* open, [0]))
      const third = yield* Effect.forkChild(paced.commit(yield* bookingOf(run, [8])))
      yield* clock.adjust(paceMillis)
      yield* Fiber.join(second)
      yield* Fiber.join(third)
      const transactions = yield* sql`
        SELECT array_agg(bookings ORDER BY at) AS sizes FROM (
          SELECT created_at AS at, count(*)::int AS bookings FROM booking
          WHERE run_id = ${run.id}::float8::bigint GROUP BY 1) batches`
      assert.deepStrictEqual(transactions, [{ sizes: [1, 2] }])
    }))

  it.effect("shares out what is more than a batch, so that lanes write side by side", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const run = yield* open
      const waiting = bookingOf(run, [], { waiting: true, passengers: party.slice(0, 1) })
      yield* commitAll(yield* Effect.forEach(Array.from({ length: 80 }), () => waiting))
      const batches = yield* sql`SELECT count(*)::int AS bookings FROM booking
        WHERE run_id = ${run.id}::float8::bigint GROUP BY created_at`
      assert.deepStrictEqual(batches, [{ bookings: 40 }, { bookings: 40 }])
    }))

  it.effect("writes what comes behind a batch that is held up by a run which is being loaded", () =>
    Effect.gen(function*() {
      const loading = yield* open
      const other = yield* open
      const sql = yield* SqlClient.SqlClient
      const [held, outcome] = yield* sql.withTransaction(Effect.gen(function*() {
        yield* sql`SELECT pg_advisory_xact_lock(${loading.id}::float8::bigint)`
        const waiting = yield* Effect.forkDetach(commit(yield* bookingOf(loading, [0])))
        yield* waitingForLocks(1)
        return [waiting, yield* commit(yield* bookingOf(other, [0]))] as const
      }))
      assert.strictEqual(outcome, "committed")
      assert.strictEqual(yield* Fiber.join(held), "committed")
    }))

  it.effect("refuses every booking of a run that is being rebuilt", () =>
    Effect.gen(function*() {
      const run = yield* open
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE run SET state = 'REBUILDING' WHERE id = ${run.id}::float8::bigint`
      assert.strictEqual(yield* commit(yield* bookingOf(run, [0])), "fenced")
      assert.strictEqual(yield* commit(yield* bookingOf(run, [], { waiting: true })), "fenced")
      assert.deepStrictEqual(yield* countOf(run), [{ bookings: 0, sales: 0, waiting: 0 }])
    }))

  it.effect("refuses a berth that was retired, or moved to another quota", () =>
    Effect.gen(function*() {
      const run = yield* open
      yield* configure(run.trainId, sleepers({ LB: 3 }))
      assert.strictEqual(yield* commit(yield* bookingOf(run, [11])), "withdrawn")
      yield* configure(run.trainId, sleepers({ LB: 1 }, "TQ"))
      assert.strictEqual(yield* commit(yield* bookingOf(run, [11])), "withdrawn")
      assert.strictEqual(yield* commit(yield* bookingOf(run, [11], { quota: "TQ" })), "committed")
    }))

  it.effect("numbers those who wait one after another, party by party", () =>
    Effect.gen(function*() {
      const run = yield* open
      const commits = yield* BookingCommits
      const waiting = yield* Effect.forEach(
        [3, 1, 2, 3, 1],
        (size) => bookingOf(run, [], { waiting: true, passengers: party.slice(0, size) })
      )
      const outcomes = yield* Effect.forEach(waiting, commits.commit, { concurrency: "unbounded" })
      const numbers = outcomes.flatMap(({ waitlistNumber }, index) =>
        party.slice(0, waiting[index]?.passengers.length).map((_, nth) => (waitlistNumber ?? 0) + nth)
      )
      assert.deepStrictEqual(numbers.toSorted((left, right) => left - right), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      for (const { ahead, waitlistNumber } of outcomes) {
        assert.strictEqual(ahead, (waitlistNumber ?? 0) - 1)
      }
    }))
})
