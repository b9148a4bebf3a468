import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { HoldFacts } from "../../src/ledger/HoldFacts.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import { pass } from "../payment/Money.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"
import { book, cancel, free, makeHoldsOverdue, seatsOf, stranger } from "./Sales.ts"

/** Empties Redis and loads the run again, as is done when Redis was replaced. */
const replaceRedis = Effect.fnUntraced(function*(run: TestRun) {
  yield* (yield* ManagedRedis).send("FLUSHALL")
  yield* (yield* RunLoader).load([run.id], "all")
})

const bookingsOf = Effect.fnUntraced(function*(run: TestRun) {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql`SELECT 1 FROM booking WHERE run_id = ${run.id}::float8::bigint`).length
})

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "an idempotency key",
  (it) => {
    it.effect("gives a repeated call the answer of the first", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 4 }) })
        const first = yield* book(run, { key: "repeated", passengers: 2 })
        const second = yield* book(run, { key: "repeated", passengers: 2 })
        assert.deepStrictEqual(second, { booking: first.booking, replayed: true })
        assert.strictEqual(yield* free(run), 2)
        assert.strictEqual(yield* bookingsOf(run), 1)
      }))

    it.effect("makes one booking of fifty calls at once", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 8 }) })
        const answers = yield* Effect.forEach(
          Array.from({ length: 50 }),
          () => book(run, { key: "fifty-at-once", passengers: 2 }),
          { concurrency: "unbounded" }
        )
        const [first] = answers
        for (const { booking } of answers) assert.deepStrictEqual(booking, first?.booking)
        assert.strictEqual(answers.filter(({ replayed }) => !replayed).length, 1)
        assert.strictEqual(yield* bookingsOf(run), 1)
        assert.strictEqual(yield* free(run), 6)
      }))

    it.effect("makes one booking of the last berth for all calls at once", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const answers = yield* Effect.forEach(
          Array.from({ length: 20 }),
          () => book(run, { key: "the-last-berth" }),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(new Set(answers.map(({ booking }) => booking.pnr)).size, 1)
      }))

    it.effect("is refused with another body, and is each caller's own", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 9 }) })
        yield* book(run, { key: "another-body" })
        const refused = yield* Effect.flip(book(run, { key: "another-body", passengers: 2 }))
        assert.strictEqual(refused._tag, "IdempotencyConflict")
        yield* replaceRedis(run)
        // Redis has forgotten the first call; the record has not.
        const again = yield* Effect.flip(book(run, { key: "another-body", passengers: 2 }))
        assert.strictEqual(again._tag, "IdempotencyConflict")
        assert.isFalse((yield* book(run, { key: "another-body", caller: stranger })).replayed)
      }))

    it.effect("gives the first answer after Redis was emptied, and what the repeat was offered is given back", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 3 }) })
        const first = yield* book(run, { key: "emptied" })
        yield* replaceRedis(run)
        assert.deepStrictEqual((yield* book(run, { key: "emptied" })).booking, first.booking)
        yield* makeHoldsOverdue(run)
        yield* (yield* Sweeper).sweepHolds
        assert.strictEqual(yield* free(run), 2)
      }))

    it.effect("gives the first answer to who took the last berth, after Redis was emptied", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const first = yield* book(run, { key: "last-and-emptied" })
        yield* replaceRedis(run)
        assert.deepStrictEqual((yield* book(run, { key: "last-and-emptied" })).booking, first.booking)
      }))

    it.effect("leaves no berth taken when it is repeated after a cancellation and an emptied Redis", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const first = yield* book(run, { key: "cancelled-and-emptied" })
        yield* cancel(first.booking.pnr)
        yield* replaceRedis(run)
        // The repeat is offered the very berth that the booking had.
        const again = yield* book(run, { key: "cancelled-and-emptied" })
        assert.deepStrictEqual(seatsOf(again.booking), seatsOf(first.booking))
        yield* makeHoldsOverdue(run)
        yield* (yield* Sweeper).sweepHolds
        assert.strictEqual(yield* free(run), 1)
        assert.deepStrictEqual((yield* (yield* Audit).auditRuns([run.id])).differences, [])
      }))

    it.effect("is answered as first made when the booking was changed since", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const first = yield* book(run, { key: "changed-since", passengers: 2 })
        yield* cancel(first.booking.pnr, [2])
        assert.deepStrictEqual((yield* book(run, { key: "changed-since", passengers: 2 })).booking, first.booking)
      }))

    it.effect("is kept for 24 hours by the record's clock, and then makes a booking of its own", () =>
      Effect.gen(function*() {
        const { pruneKeys } = yield* HoldFacts
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const first = yield* book(run, { key: "of-yesterday" })
        yield* pass("23 hours")
        yield* pruneKeys
        assert.strictEqual((yield* book(run, { key: "of-yesterday" })).booking.pnr, first.booking.pnr)
        yield* pass("2 hours")
        assert.isAbove(yield* pruneKeys, 0)
        assert.strictEqual(yield* pruneKeys, 0)
        assert.notStrictEqual((yield* book(run, { key: "of-yesterday" })).booking.pnr, first.booking.pnr)
        assert.strictEqual(yield* free(run), 0)
      }))
  }
)
