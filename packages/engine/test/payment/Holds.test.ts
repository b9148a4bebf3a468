import { assert, layer } from "@effect/vitest"
import { DateTime, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Bookings } from "../../src/ledger/Bookings.ts"
import { Promoter } from "../../src/sale/Promoter.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import { book, cancel, free, seatsOf, stranger, traveller } from "../sale/Sales.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"
import { agrees, expire, passHolds, pay, statesOf } from "./Money.ts"

const show = Effect.fnUntraced(function*(pnr: Parameters<typeof pay>[0]) {
  const found = yield* (yield* Bookings).find({ pnr, forUser: traveller.userId })
  return found._tag === "Some" ? found.value : yield* Effect.die("no such booking")
})

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "a booking that is held",
  (it) => {
    it.effect("has its berths in the record, and says until when it can be paid and how much", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const { booking, replayed } = yield* book(run, { payment: "hold", passengers: 2 })
        assert.isFalse(replayed)
        assert.strictEqual(booking.status, "HELD")
        assert.deepStrictEqual(booking.passengers.map(({ status }) => status), ["CONFIRMED", "CONFIRMED"])
        // A hundred kilometres at the sample fare of 60 paise, for two.
        assert.deepStrictEqual(booking.amountDue, { amount: 12_000, currency: "INR" })
        const expiresAt = DateTime.makeUnsafe(booking.expiresAt ?? "")
        const bookedAt = DateTime.makeUnsafe(booking.bookedAt)
        assert.strictEqual(DateTime.toEpochMillis(expiresAt) - DateTime.toEpochMillis(bookedAt), 600_000)
        assert.deepStrictEqual(yield* show(booking.pnr), booking)
        // Redis may forget: the record keeps what is held.
        yield* (yield* RunLoader).load([run.id], "all")
        assert.strictEqual(yield* free(run), 0)
        yield* agrees(run)
      }))

    it.effect("is answered to a repeat of its key as it was made, whatever became of it", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const first = yield* book(run, { payment: "hold", key: "held-once" })
        yield* pay(first.booking.pnr)
        const again = yield* book(run, { payment: "hold", key: "held-once" })
        assert.deepStrictEqual(again, { booking: first.booking, replayed: true })
        const other = yield* Effect.flip(book(run, { key: "held-once" }))
        assert.strictEqual(other._tag, "IdempotencyConflict")
      }))

    it.effect("ends when its time is over by the record's clock, and not before", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const { booking } = yield* book(run, { payment: "hold", passengers: 2 })
        yield* expire
        assert.strictEqual((yield* show(booking.pnr)).status, "HELD")
        yield* passHolds
        yield* Effect.all([expire, expire, expire], { concurrency: "unbounded" })
        const ended = yield* show(booking.pnr)
        assert.strictEqual(ended.status, "CANCELLED")
        assert.isUndefined(ended.expiresAt)
        assert.strictEqual(yield* free(run), 2)
        assert.strictEqual((yield* Effect.flip(pay(booking.pnr)))._tag, "HoldExpired")
        assert.strictEqual((yield* Effect.flip(cancel(booking.pnr)))._tag, "NothingToCancel")
        yield* agrees(run)
      }))

    it.effect("takes no money once its time is over, even before anybody has ended it", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const { booking } = yield* book(run, { payment: "hold" })
        yield* passHolds
        assert.strictEqual((yield* Effect.flip(pay(booking.pnr)))._tag, "HoldExpired")
        assert.deepStrictEqual(yield* statesOf(booking.pnr), ["held"])
        yield* expire
        assert.deepStrictEqual(yield* statesOf(booking.pnr), ["expired"])
      }))

    it.effect("is released whole, not in part", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const { booking } = yield* book(run, { payment: "hold", passengers: 2 })
        const refused = yield* Effect.flip(cancel(booking.pnr, [2]))
        assert.strictEqual(refused._tag, "NothingToCancel")
        assert.strictEqual((yield* show(booking.pnr)).status, "HELD")
        const { booking: released, refund } = yield* cancel(booking.pnr, [1, 2])
        assert.deepStrictEqual([released.status, refund.amount], ["CANCELLED", 0])
        assert.strictEqual(yield* free(run), 2)
        assert.deepStrictEqual(yield* statesOf(booking.pnr), ["released"])
        assert.strictEqual((yield* Effect.flip(pay(booking.pnr)))._tag, "NothingToPay")
        yield* passHolds
        yield* expire
        yield* agrees(run)
      }))

    it.effect("gives its berths to those who wait when it expires", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 20 }) })
        yield* Effect.forEach(Array.from({ length: 19 }), () => book(run))
        const held = yield* book(run, { payment: "hold" })
        const waiting = yield* book(run)
        assert.strictEqual(waiting.booking.status, "WAITLISTED")
        yield* passHolds
        yield* expire
        // Kept for those who wait, whoever asks first.
        assert.strictEqual(yield* free(run), 0)
        assert.isTrue(yield* (yield* Promoter).promote(run.id))
        const promoted = yield* show(waiting.booking.pnr)
        assert.deepStrictEqual([promoted.status, ...seatsOf(promoted)], ["CONFIRMED", ...seatsOf(held.booking)])
        yield* agrees(run)
      }))

    it.effect("waits as others do, is paid at once, and leaves the waitlist when it is not", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 20 }) })
        const sold = yield* Effect.forEach(Array.from({ length: 20 }), () => book(run))
        const unpaid = yield* book(run, { payment: "hold" })
        const paid = yield* book(run, { payment: "hold" })
        for (const { booking } of [unpaid, paid]) {
          assert.strictEqual(booking.status, "HELD")
          assert.deepStrictEqual(booking.passengers.map(({ status }) => status), ["WAITLISTED"])
        }
        assert.strictEqual((yield* pay(paid.booking.pnr)).status, "WAITLISTED")
        yield* passHolds
        yield* expire
        assert.strictEqual((yield* show(unpaid.booking.pnr)).status, "CANCELLED")
        const [first] = sold
        if (first === undefined) return assert.fail("not sold")
        yield* cancel(first.booking.pnr)
        assert.isTrue(yield* (yield* Promoter).promote(run.id))
        assert.strictEqual((yield* show(paid.booking.pnr)).status, "CONFIRMED")
        yield* agrees(run)
      }))

    it.effect("ends once: the record refuses a second end", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const { booking } = yield* book(run, { payment: "hold" })
        yield* cancel(booking.pnr)
        const second = yield* Effect.flip(
          sql`UPDATE booking_hold SET state = 'confirmed' WHERE pnr = ${booking.pnr}`
        )
        assert.strictEqual(second._tag, "SqlError")
      }))

    it.effect("is its owner's alone to pay", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const { booking } = yield* book(run, { payment: "hold" })
        assert.strictEqual((yield* Effect.flip(pay(booking.pnr, stranger)))._tag, "BookingNotFound")
        const account = yield* book(run)
        assert.strictEqual((yield* Effect.flip(pay(account.booking.pnr)))._tag, "NothingToPay")
      }))
  }
)
