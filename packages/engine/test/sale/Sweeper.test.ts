import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Inventory } from "../../src/inventory/Inventory.ts"
import { holdIdOf, keyHashOf } from "../../src/sale/BookingKey.ts"
import { Promoter } from "../../src/sale/Promoter.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import { classOfRun } from "../../src/timetable/Compositions.ts"
import { RunDirectory } from "../../src/timetable/RunDirectory.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"
import { book, cancel, free, makeHoldsOverdue, seatsOf, traveller } from "./Sales.ts"

/** Seats a party in Redis, as a server does that dies before its commit. */
const allocate = Effect.fnUntraced(function*(run: TestRun, key: string, waitlistMax: number) {
  const { composition, gate } = yield* (yield* RunDirectory).find(run.trainId, run.date)
  const composed = composition.classes.get("SL")
  if (composed === undefined) return assert.fail("no sleepers")
  const reply = yield* (yield* Inventory).allocate({
    run,
    gate,
    classOfRun: classOfRun(composed, 2),
    quota: "GN",
    range: { from: 0, to: 2 },
    holdId: holdIdOf(keyHashOf(traveller.userId, key), 0),
    fingerprint: "print",
    party: { wishes: ["any"], sameCoach: false, lowerBerthsMin: 0 },
    waitlistMax,
    firstTry: true,
    tellsScattered: false,
    settled: []
  })
  return reply._tag
})

const sweep = Effect.fnUntraced(function*(run: TestRun) {
  yield* makeHoldsOverdue(run)
  yield* (yield* Sweeper).sweepHolds
})

const agrees = Effect.fnUntraced(function*(run: TestRun) {
  assert.deepStrictEqual((yield* (yield* Audit).auditRuns([run.id])).differences, [])
})

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "the sweeper",
  (it) => {
    it.effect("gives back what was held and never booked, when its time is over and not before", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        assert.strictEqual(yield* allocate(run, "orphan", 0), "Held")
        yield* (yield* Sweeper).sweepHolds
        assert.strictEqual(yield* free(run), 1)
        yield* sweep(run)
        assert.strictEqual(yield* free(run), 2)
        yield* sweep(run)
        yield* agrees(run)
      }))

    it.effect("has nothing to ask about what was booked and told of by the next booking", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 9 }) })
        yield* Effect.forEach([1, 2, 3], () => book(run))
        yield* makeHoldsOverdue(run)
        assert.lengthOf(yield* (yield* Inventory).overdue(run, 0), 1)
        yield* sweep(run)
        yield* agrees(run)
      }))

    it.effect("takes a party off the waitlist that was never booked", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const { booking } = yield* book(run)
        assert.strictEqual(yield* allocate(run, "waiting-orphan", 9), "Waiting")
        yield* sweep(run)
        yield* cancel(booking.pnr)
        assert.strictEqual(yield* free(run), 1)
        yield* agrees(run)
      }))

    it.effect("keeps what was booked, also where it was cancelled and sold to another since", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const { booking } = yield* book(run)
        yield* cancel(booking.pnr)
        const other = yield* book(run)
        assert.deepStrictEqual(seatsOf(other.booking), seatsOf(booking))
        yield* sweep(run)
        assert.strictEqual(yield* free(run), 0)
        yield* agrees(run)
      }))

    it.effect("does not free a cancelled berth again that was sold in a later epoch", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const { booking } = yield* book(run)
        // In the record alone, as if Redis had been away.
        yield* sql`SELECT cancel_booking(${booking.pnr}, NULL, NULL)`
        yield* (yield* RunLoader).load([run.id], "all")
        yield* book(run)
        yield* (yield* Sweeper).repeatReleases
        assert.strictEqual(yield* free(run), 0)
        yield* agrees(run)
      }))

    it.effect("frees what was cancelled while Redis was away, once", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const { booking } = yield* book(run)
        yield* sql`SELECT cancel_booking(${booking.pnr}, NULL, NULL)`
        assert.strictEqual(yield* free(run), 1)
        yield* (yield* Sweeper).repeatReleases
        assert.strictEqual(yield* free(run), 2)
        yield* (yield* Promoter).promote(run.id)
        yield* agrees(run)
      }))
  }
)
