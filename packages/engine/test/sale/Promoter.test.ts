import type { Pnr } from "@berth/domain/Pnr"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { metaKey } from "../../src/inventory/RunKeys.ts"
import { Bookings } from "../../src/ledger/Bookings.ts"
import { Waitlist } from "../../src/ledger/Waitlist.ts"
import { Promoter } from "../../src/sale/Promoter.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { ConfigApplier } from "../../src/seeding/ConfigApplier.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import { configure, engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"
import { book, cancel, free, traveller } from "./Sales.ts"

const statusOf = Effect.fnUntraced(function*(pnr: Pnr) {
  const found = yield* (yield* Bookings).find({ pnr, forUser: traveller.userId })
  return found._tag === "Some" ? found.value.status : "none"
})

const promote = Effect.fnUntraced(function*(run: TestRun) {
  assert.isTrue(yield* (yield* Promoter).promote(run.id), "nothing is left to do")
})

const agrees = Effect.fnUntraced(function*(run: TestRun) {
  assert.deepStrictEqual((yield* (yield* Audit).auditRuns([run.id])).differences, [])
})

/** A train whose twenty berths are all sold, one booking each. */
const soldOut = Effect.fnUntraced(function*() {
  const run = yield* openTrain({ stops: 4, pools: sleepers({ LB: 20 }) })
  const sold = yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.map(book(run), ({ booking }) => booking))
  return { run, sold }
})

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "the waitlist",
  (it) => {
    it.effect("gives what is cancelled to those who wait, in order, before newcomers see it", () =>
      Effect.gen(function*() {
        const { run, sold: [one, two, three] } = yield* soldOut()
        const first = yield* book(run)
        const second = yield* book(run)
        if (one === undefined || two === undefined || three === undefined) return assert.fail("not sold")
        yield* cancel(one.pnr)
        // Kept for those who wait, whoever asks before the promoter has passed.
        assert.strictEqual(yield* free(run), 0)
        const newcomer = yield* book(run)
        assert.strictEqual(newcomer.booking.status, "WAITLISTED")
        yield* promote(run)
        assert.strictEqual(yield* statusOf(first.booking.pnr), "CONFIRMED")
        assert.strictEqual(yield* statusOf(second.booking.pnr), "WAITLISTED")
        yield* cancel(two.pnr)
        yield* cancel(three.pnr)
        yield* promote(run)
        assert.strictEqual(yield* statusOf(second.booking.pnr), "CONFIRMED")
        assert.strictEqual(yield* statusOf(newcomer.booking.pnr), "CONFIRMED")
        yield* agrees(run)
      }))

    it.effect("skips a party that does not fit for the first that does, and opens what nobody can use", () =>
      Effect.gen(function*() {
        const { run, sold: [one] } = yield* soldOut()
        const two = yield* book(run, { passengers: 2 })
        if (one === undefined) return assert.fail("not sold")
        const part = yield* book(run, { legs: [0, 1] })
        yield* cancel(one.pnr)
        yield* promote(run)
        assert.strictEqual(yield* statusOf(two.booking.pnr), "WAITLISTED")
        assert.strictEqual(yield* statusOf(part.booking.pnr), "CONFIRMED")
        assert.strictEqual(yield* free(run, [1, 3]), 1)
        yield* agrees(run)
      }))

    it.effect("does not pass a party that fits for a smaller one behind it", () =>
      Effect.gen(function*() {
        const { run, sold: [one, other] } = yield* soldOut()
        const two = yield* book(run, { passengers: 2 })
        const single = yield* book(run)
        if (one === undefined || other === undefined) return assert.fail("not sold")
        yield* cancel(one.pnr)
        yield* cancel(other.pnr)
        yield* promote(run)
        assert.strictEqual(yield* statusOf(two.booking.pnr), "CONFIRMED")
        assert.strictEqual(yield* statusOf(single.booking.pnr), "WAITLISTED")
      }))

    it.effect("seats those who are left of a party that cancelled in part", () =>
      Effect.gen(function*() {
        const { run, sold: [one] } = yield* soldOut()
        const party = yield* book(run, { passengers: 2 })
        yield* cancel(party.booking.pnr, [1])
        yield* agrees(run)
        if (one === undefined) return assert.fail("not sold")
        yield* cancel(one.pnr)
        yield* promote(run)
        const found = yield* (yield* Bookings).find({ pnr: party.booking.pnr, forUser: null })
        if (found._tag === "None") return assert.fail("not found")
        assert.deepStrictEqual(found.value.passengers.map(({ status }) => status), ["CANCELLED", "CONFIRMED"])
        yield* agrees(run)
      }))

    it.effect("gets berths that an edit adds", () =>
      Effect.gen(function*() {
        const { run } = yield* soldOut()
        const party = yield* book(run, { passengers: 2 })
        yield* configure(run.trainId, sleepers({ LB: 20, UB: 3 }))
        yield* (yield* ConfigApplier).applyAll
        assert.strictEqual(yield* free(run), 0)
        yield* promote(run)
        assert.strictEqual(yield* statusOf(party.booking.pnr), "CONFIRMED")
        assert.strictEqual(yield* free(run), 1)
        yield* agrees(run)
      }))

    it.effect("comes first after Redis was emptied, too", () =>
      Effect.gen(function*() {
        const { run, sold: [one] } = yield* soldOut()
        const waiting = yield* book(run)
        if (one === undefined) return assert.fail("not sold")
        yield* (yield* ManagedRedis).send("FLUSHALL")
        // Redis does not take it; the record has it, and the load shows it.
        yield* cancel(one.pnr)
        yield* (yield* RunLoader).load([run.id], "all")
        assert.strictEqual((yield* book(run)).booking.status, "WAITLISTED")
        yield* promote(run)
        assert.strictEqual(yield* statusOf(waiting.booking.pnr), "CONFIRMED")
        yield* agrees(run)
      }))

    it.effect("does not hold up the other classes of a train where a class has no general quota", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({
          stops: 3,
          pools: [{ travelClass: "1A", quota: "HO", berth: "LB", seatCount: 2 }, ...sleepers({ LB: 10 })]
        })
        const sold = yield* book(run, { passengers: 6 })
        yield* book(run, { passengers: 4 })
        const waiting = yield* book(run, { passengers: 2 })
        yield* cancel(sold.booking.pnr)
        yield* promote(run)
        assert.strictEqual(yield* statusOf(waiting.booking.pnr), "CONFIRMED")
      }))

    it.effect("keeps nothing back for a quota that has lost its last berth", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 10 }) })
        yield* book(run, { passengers: 6 })
        const sold = yield* book(run, { passengers: 4 })
        yield* book(run, { passengers: 2 })
        yield* cancel(sold.booking.pnr)
        yield* configure(run.trainId, [...sleepers({}), ...sleepers({ LB: 10 }, "TQ")])
        yield* (yield* ConfigApplier).applyAll
        yield* promote(run)
        assert.strictEqual(yield* free(run, undefined, "TQ"), 4)
      }))

    it.effect("is left by a party that cancels while Redis is away", () =>
      Effect.gen(function*() {
        const { run, sold: [one] } = yield* soldOut()
        const redis = yield* ManagedRedis
        const waiting = yield* book(run)
        yield* promote(run)
        if (one === undefined) return assert.fail("not sold")
        // Another name hides the run from what the cancellation tells Redis, as if the call had been lost.
        yield* redis.send("RENAME", metaKey(run), `${metaKey(run)}:away`)
        yield* cancel(waiting.booking.pnr)
        yield* redis.send("RENAME", `${metaKey(run)}:away`, metaKey(run))
        yield* (yield* Sweeper).repeatReleases
        yield* cancel(one.pnr)
        yield* promote(run)
        assert.strictEqual(yield* free(run), 1)
        yield* agrees(run)
      }))

    it.effect("gives a party back its turn that cancelled in part while it was promoted", () =>
      Effect.gen(function*() {
        const { run, sold: [one, other] } = yield* soldOut()
        const party = yield* book(run, { passengers: 2 })
        const behind = yield* book(run)
        if (one === undefined || other === undefined) return assert.fail("not sold")
        yield* cancel(one.pnr)
        yield* cancel(other.pnr)
        // The record learns of a cancellation after the list was read and before the promotion is committed.
        const waitlist = yield* Waitlist
        const sql = yield* SqlClient.SqlClient
        const cancelling = Waitlist.of({
          ...waitlist,
          waiting: (runId) =>
            Effect.tap(waitlist.waiting(runId), () =>
              Effect.orDie(sql`SELECT cancel_booking(${party.booking.pnr}, NULL, ARRAY[1::smallint])`))
        })
        const promoter = yield* Effect.provide(
          Promoter,
          Layer.provide(Layer.fresh(Promoter.layer), Layer.succeed(Waitlist, cancelling))
        )
        assert.isFalse(yield* promoter.promote(run.id))
        yield* promote(run)
        assert.strictEqual(yield* statusOf(party.booking.pnr), "CONFIRMED")
        assert.strictEqual(yield* statusOf(behind.booking.pnr), "CONFIRMED")
        yield* (yield* Sweeper).repeatReleases
        yield* agrees(run)
      }))
  }
)
