import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { book, cancel, free, makeHoldsOverdue, seatsOf } from "../sale/Sales.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"
import {
  agrees,
  booksOf,
  expire,
  passHolds,
  pay,
  payUnanswered,
  statesOf,
  takenFor,
  tell,
  tellGateway
} from "./Money.ts"

/** A hundred kilometres at the sample fare. */
const fare = 6000

const nothing = { passenger: 0, gateway: 0, revenue: 0 }

const hold = Effect.fnUntraced(function*(run: TestRun, passengers = 1) {
  return (yield* book(run, { payment: "hold", passengers })).booking
})

/** What Redis still has to be told of every hold of a run, as the sweep does it long after. */
const sweep = Effect.fnUntraced(function*(run: TestRun) {
  yield* makeHoldsOverdue(run)
  yield* (yield* Sweeper).sweepHolds
})

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "paying for a hold",
  (it) => {
    it.effect("confirms it at once, and takes the money after that", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const booking = yield* hold(run, 2)
        const { amountDue: _, expiresAt: __, ...rest } = booking
        assert.deepStrictEqual(yield* pay(booking.pnr), { ...rest, status: "CONFIRMED" })
        assert.deepStrictEqual(yield* booksOf(booking.pnr), { passenger: 2 * fare, gateway: 0, revenue: -2 * fare })
        yield* agrees(run)
        yield* tellGateway
        assert.deepStrictEqual(yield* booksOf(booking.pnr), { passenger: 0, gateway: 2 * fare, revenue: -2 * fare })
        assert.strictEqual(yield* takenFor(booking.pnr), 2 * fare)
        yield* passHolds
        yield* expire
        assert.strictEqual((yield* pay(booking.pnr)).status, "CONFIRMED")
        yield* agrees(run)
      }))

    it.effect("takes the money of fifty calls at once only once, and answers them alike", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const booking = yield* hold(run)
        yield* tell(() => "twice")
        const answers = yield* Effect.forEach(Array.from({ length: 50 }), () => pay(booking.pnr), {
          concurrency: "unbounded"
        })
        for (const answer of answers) assert.deepStrictEqual(answer, answers[0])
        yield* Effect.all([tellGateway, tellGateway], { concurrency: "unbounded" })
        assert.deepStrictEqual(yield* statesOf(booking.pnr), ["confirmed", "captured"])
        assert.strictEqual(yield* takenFor(booking.pnr), fare)
        assert.deepStrictEqual(yield* booksOf(booking.pnr), { passenger: 0, gateway: fare, revenue: -fare })
        yield* agrees(run)
      }))

    it.effect("leaves the hold as it is when it is declined, and may be tried again", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const booking = yield* hold(run)
        yield* tell(() => "declines")
        const declined = yield* Effect.flip(pay(booking.pnr))
        assert(declined._tag === "PaymentDeclined")
        assert.deepStrictEqual(declined.amountDue, booking.amountDue)
        yield* tell(() => "answers")
        assert.strictEqual((yield* pay(booking.pnr)).status, "CONFIRMED")
        assert.deepStrictEqual(yield* statesOf(booking.pnr), ["confirmed", "failed", "authorised"])
        yield* agrees(run)
      }))

    it.effect("is finished without its caller when the gateway is slow, fails or does not answer", () =>
      Effect.gen(function*() {
        for (const manner of ["fails", "late", "never"] as const) {
          const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
          const booking = yield* hold(run)
          yield* tell(() => manner, "20 millis")
          assert.strictEqual((yield* Effect.flip(pay(booking.pnr)))._tag, "PaymentPending", manner)
          assert.deepStrictEqual(yield* statesOf(booking.pnr), ["held", "pending"])
          assert.deepStrictEqual(yield* booksOf(booking.pnr), nothing)
          yield* tell(() => "slow", "200 millis")
          yield* tellGateway
          assert.deepStrictEqual(yield* statesOf(booking.pnr), ["confirmed", "captured"])
          yield* agrees(run)
        }
      }))

    it.effect("is undone when the hold was released meanwhile", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const booking = yield* hold(run)
        yield* payUnanswered(booking.pnr)
        yield* cancel(booking.pnr)
        assert.strictEqual((yield* Effect.flip(pay(booking.pnr)))._tag, "HoldExpired")
        yield* tellGateway
        assert.deepStrictEqual(yield* statesOf(booking.pnr), ["released", "voided"])
        assert.strictEqual(yield* takenFor(booking.pnr), 0)
        assert.deepStrictEqual(yield* booksOf(booking.pnr), nothing)
        assert.strictEqual(yield* free(run), 1)
        yield* agrees(run)
      }))

    it.effect("holds again for money that came late, where there are berths", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 3 }) })
        const booking = yield* hold(run, 2)
        yield* payUnanswered(booking.pnr)
        yield* passHolds
        yield* expire
        // One of the berths that it had is another's by now.
        yield* book(run)
        yield* tellGateway
        const paid = yield* pay(booking.pnr)
        assert.strictEqual(paid.status, "CONFIRMED")
        assert.strictEqual(new Set(seatsOf(paid)).size, 2)
        assert.deepStrictEqual(yield* statesOf(booking.pnr), ["expired", "captured"])
        assert.strictEqual(yield* free(run), 0)
        yield* agrees(run)
        yield* sweep(run)
        assert.strictEqual(yield* free(run), 0)
        yield* agrees(run)
        yield* cancel(paid.pnr)
        yield* tellGateway
        assert.deepStrictEqual(yield* booksOf(booking.pnr), nothing)
        assert.strictEqual(yield* free(run), 2)
        yield* agrees(run)
      }))

    it.effect("seats late money once, however many ask at once", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 4 }) })
        const booking = yield* hold(run, 2)
        yield* payUnanswered(booking.pnr)
        yield* passHolds
        yield* expire
        const answers = yield* Effect.forEach(Array.from({ length: 20 }), () => pay(booking.pnr), {
          concurrency: "unbounded"
        })
        for (const answer of answers) assert.deepStrictEqual(seatsOf(answer), seatsOf(booking))
        assert.strictEqual(yield* free(run), 2)
        yield* sweep(run)
        assert.strictEqual(yield* free(run), 2)
        yield* agrees(run)
      }))

    it.effect("gives late money back where the berths are others' by now", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const booking = yield* hold(run)
        yield* payUnanswered(booking.pnr)
        yield* passHolds
        yield* expire
        yield* book(run)
        assert.strictEqual((yield* Effect.flip(pay(booking.pnr)))._tag, "HoldExpired")
        yield* tellGateway
        assert.deepStrictEqual(yield* statesOf(booking.pnr), ["expired", "voided"])
        assert.strictEqual(yield* takenFor(booking.pnr), 0)
        assert.strictEqual((yield* Effect.flip(pay(booking.pnr)))._tag, "HoldExpired")
        yield* sweep(run)
        yield* agrees(run)
      }))

    it.effect("is called off when the gateway never answers and the hold is long over", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const booking = yield* hold(run)
        yield* tell(({ method }) => method === "authorise" ? "never" : "answers", "5 millis")
        assert.strictEqual((yield* Effect.flip(pay(booking.pnr)))._tag, "PaymentPending")
        yield* passHolds
        yield* expire
        yield* Effect.forEach(Array.from({ length: 8 }), () => tellGateway, { discard: true })
        assert.deepStrictEqual(yield* statesOf(booking.pnr), ["expired", "voided"])
        // What the gateway might say after that does not count.
        yield* tell(() => "answers")
        assert.strictEqual((yield* Effect.flip(pay(booking.pnr)))._tag, "HoldExpired")
        assert.strictEqual(yield* takenFor(booking.pnr), 0)
        yield* agrees(run)
      }))

    it.effect("gives back what a cancelled passenger paid, after it has come", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const booking = yield* hold(run, 2)
        yield* pay(booking.pnr)
        const { refund } = yield* cancel(booking.pnr, [2])
        assert.deepStrictEqual(refund, { amount: fare, currency: "INR" })
        assert.deepStrictEqual(yield* booksOf(booking.pnr), { passenger: fare, gateway: 0, revenue: -fare })
        yield* tell(({ method }) => method === "refund" ? "twice" : "late")
        yield* tellGateway
        yield* tell(() => "twice")
        yield* tellGateway
        assert.deepStrictEqual(yield* booksOf(booking.pnr), { passenger: 0, gateway: fare, revenue: -fare })
        assert.strictEqual(yield* takenFor(booking.pnr), fare)
        yield* agrees(run)
      }))

    it.effect("is in books that are only added to, and that take nothing that does not balance", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const booking = yield* hold(run)
        yield* pay(booking.pnr)
        yield* Effect.flip(
          sql`INSERT INTO entry (payment_id, posting, account, amount_paise)
            SELECT id, 'capture', 'gateway', 1 FROM payment WHERE pnr = ${booking.pnr}`
        )
        yield* Effect.flip(sql`UPDATE entry SET amount_paise = 0`)
        yield* Effect.flip(sql`DELETE FROM entry`)
      }))

    it.effect("is audited: books, holds and berths say the same", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const subjects = Effect.fnUntraced(function*(run: TestRun) {
          return (yield* (yield* Audit).auditRuns([run.id])).differences.map(({ subject }) => subject)
        })
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const { pnr } = yield* hold(run)
        yield* pay(pnr)
        yield* sql`UPDATE payment SET amount_paise = amount_paise + 1 WHERE pnr = ${pnr}`
        assert.deepStrictEqual(yield* subjects(run), ["the books do not say what was paid"])
        yield* sql`UPDATE payment SET amount_paise = amount_paise - 1, state = 'voided' WHERE pnr = ${pnr}`
        assert.sameMembers([...yield* subjects(run)], [
          "a hold did not end as its payments say",
          "the books do not say what was paid"
        ])
        const other = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const unpaid = yield* hold(other)
        yield* sql`UPDATE booking_hold SET state = 'expired' WHERE pnr = ${unpaid.pnr}`
        assert.deepStrictEqual(yield* subjects(other), ["a booking that was not paid in time has passengers"])
      }))
  }
)
