import { BerthType } from "@berth/domain/BerthType"
import { Age, Gender } from "@berth/domain/Passenger"
import { Pnr } from "@berth/domain/Pnr"
import { Quota } from "@berth/domain/Quota"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TravelClass } from "@berth/domain/TravelClass"
import type { UserId } from "@berth/domain/UserId"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "./LedgerError.ts"
import { Promotion } from "./Waitlist.ts"

/** How long whoever begins a payment has it to itself, longer than the gateway may take to answer. */
const leaseSeconds = 15

/**
 * `late`: the gateway said yes when the hold had ended; `authorised`: the booking is confirmed by it; `captured`: the money
 * is here; `voiding`, `voided`: it goes back, or would.
 */
export const PaymentState = Schema.Literals([
  "pending",
  "failed",
  "late",
  "authorised",
  "captured",
  "voiding",
  "voided"
])
export type PaymentState = typeof PaymentState.Type

export const DuePayment = Schema.Struct({
  id: Schema.Int,
  pnr: Pnr,
  /** By which the gateway knows a repeat. */
  gatewayId: Schema.String,
  amountPaise: Schema.Int
})
export type DuePayment = typeof DuePayment.Type

const Begun = Schema.Struct({
  /** `paid`: already; `unheld`: not to be paid here; the others: the hold has ended so. */
  outcome: Schema.Literals(["begun", "paid", "unheld", "released", "expired"]),
  payment: Schema.NullOr(DuePayment)
})
export type Begun = typeof Begun.Type

/** Something that the gateway is to be told, or to be asked. */
export const GatewayJob = Schema.Struct({
  id: Schema.Int,
  fact: Schema.Literals(["authorise", "capture", "void", "refund"]),
  attempts: Schema.Int,
  payment: DuePayment,
  refund: Schema.NullOr(Schema.Struct({ gatewayId: Schema.String, amountPaise: Schema.Int })),
  /** Whether the booking's hold has not ended yet. */
  held: Schema.Boolean
})
export type GatewayJob = typeof GatewayJob.Type

/** A party whose hold has expired and whose money has come. */
export const LateParty = Schema.Struct({
  runId: Schema.Int,
  /** Under which Redis gave the berths that it had. */
  holdId: Schema.String,
  travelClass: TravelClass,
  quota: Quota,
  fromStop: Schema.Int,
  toStop: Schema.Int,
  sameCoach: Schema.Boolean,
  lowerBerthsMin: Schema.Int,
  passengers: Schema.NonEmptyArray(Schema.Struct({
    number: Schema.Int,
    age: Age,
    gender: Schema.NullOr(Gender),
    wish: Schema.NullOr(BerthType)
  }))
})
export type LateParty = typeof LateParty.Type

/** `gone`: not late any more; the others as of a promotion. */
const SeatingOutcome = Schema.Literals(["committed", "gone", "fenced", "late", "lost"])
export type SeatingOutcome = typeof SeatingOutcome.Type

/** Payments in the record. Every step is one transaction, which locks the hold first, and can be repeated. */
export class PaymentRecords extends Context.Service<PaymentRecords, {
  /** Begins to pay for a booking, or joins the payment that is under way; none where that user has no such booking. */
  begin(options: { readonly pnr: Pnr; readonly forUser: UserId | null }): Effect.Effect<
    Option.Option<Begun>,
    StoreUnavailable
  >
  /** Notes what the gateway answered, once, and answers how the payment stands. */
  answer(paymentId: number, accepted: boolean): Effect.Effect<PaymentState, StoreUnavailable>
  /** Sends back what cannot confirm the booking any more, and answers how the payment stands. */
  giveUp(paymentId: number): Effect.Effect<PaymentState, StoreUnavailable>
  /** Whom a late payment would seat again; none where it is not late, or not any more. */
  lateParty(paymentId: number): Effect.Effect<Option.Option<LateParty>, StoreUnavailable>
  /** Confirms with new berths the booking of a late payment. */
  seatLate(
    paymentId: number,
    keyHash: string,
    seating: Promotion
  ): Effect.Effect<SeatingOutcome, StoreUnavailable>
  /** Jobs that are due, for a while this caller's alone. */
  claim(max: number): Effect.Effect<ReadonlyArray<GatewayJob>, StoreUnavailable>
  /** Notes that the gateway has done it, once, and books it. */
  done(jobId: number): Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/ledger/PaymentRecords") {
  static readonly layer = Layer.effect(PaymentRecords, Effect.suspend(() => make))
}

const makeStatements = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return {
    begin: SqlSchema.findOne({
      Request: Schema.Struct({ pnr: Schema.String, forUser: Schema.NullOr(Schema.String) }),
      Result: Schema.Struct({ begun: Schema.NullOr(Begun) }),
      execute: ({ forUser, pnr }) =>
        sql`SELECT begin_payment(${pnr}, ${forUser}, make_interval(secs => ${leaseSeconds})) AS begun`
    }),
    answer: SqlSchema.findOne({
      Request: Schema.Struct({ paymentId: Schema.Int, accepted: Schema.Boolean }),
      Result: Schema.Struct({ state: PaymentState }),
      execute: ({ accepted, paymentId }) =>
        sql`SELECT answer_payment(${paymentId}::float8::bigint, ${accepted}) AS state`
    }),
    giveUp: SqlSchema.findOne({
      Request: Schema.Int,
      Result: Schema.Struct({ state: PaymentState }),
      execute: (paymentId) => sql`SELECT give_up_payment(${paymentId}::float8::bigint) AS state`
    }),
    lateParty: SqlSchema.findOneOption({
      Request: Schema.Int,
      Result: LateParty,
      execute: (paymentId) =>
        sql`
          SELECT b.run_id::float8 AS "runId", h.hold_id AS "holdId", b.travel_class AS "travelClass", b.quota,
            b.from_stop AS "fromStop", b.to_stop AS "toStop", b.same_coach AS "sameCoach",
            b.lower_berths_min AS "lowerBerthsMin",
            (SELECT jsonb_agg(jsonb_build_object(
              'number', x.number, 'age', x.age, 'gender', x.gender, 'wish', x.wish) ORDER BY x.number)
              FROM passenger x WHERE x.pnr = b.pnr) AS passengers
          FROM payment p JOIN booking b USING (pnr) JOIN booking_hold h USING (pnr)
          WHERE p.id = ${paymentId}::float8::bigint AND p.state = 'late'`
    }),
    seatLate: SqlSchema.findOne({
      Request: Schema.Struct({
        paymentId: Schema.Int,
        keyHash: Schema.String,
        seating: Schema.fromJsonString(Promotion)
      }),
      Result: Schema.Struct({ outcome: SeatingOutcome }),
      execute: ({ keyHash, paymentId, seating }) =>
        sql`SELECT commit_late_payment(
          ${paymentId}::float8::bigint, ${keyHash}, ${seating}::text::jsonb) AS outcome`
    }),
    claim: SqlSchema.findAll({
      Request: Schema.Int,
      Result: GatewayJob,
      execute: (max) =>
        sql`
          SELECT j.id::float8 AS id, j.fact, j.attempts,
            jsonb_build_object('id', p.id, 'pnr', p.pnr, 'gatewayId', p.gateway_id, 'amountPaise', p.amount_paise)
              AS payment,
            CASE WHEN r.id IS NOT NULL THEN jsonb_build_object(
              'gatewayId', r.gateway_id, 'amountPaise', r.amount_paise) END AS refund,
            h.state = 'held' AS held
          FROM claim_gateway_jobs(${max}) j
          JOIN payment p ON p.id = j.payment_id
          JOIN booking_hold h ON h.pnr = p.pnr
          LEFT JOIN refund r ON r.id = j.refund_id
          ORDER BY j.id`
    }),
    done: SqlSchema.void({
      Request: Schema.Int,
      execute: (jobId) => sql`SELECT note_gateway_job_done(${jobId}::float8::bigint)`
    })
  }
})

const make = Effect.gen(function*() {
  const { answer, begin, claim, done, giveUp, lateParty, seatLate } = yield* makeStatements
  return PaymentRecords.of({
    begin: (options) =>
      begin(options).pipe(
        Effect.catchTag("NoSuchElementError", Effect.die),
        Effect.map(({ begun }) => Option.fromNullOr(begun)),
        fromStore
      ),
    answer: (paymentId, accepted) =>
      answer({ paymentId, accepted }).pipe(
        Effect.catchTag("NoSuchElementError", Effect.die),
        Effect.map(({ state }) => state),
        fromStore
      ),
    giveUp: (paymentId) =>
      giveUp(paymentId).pipe(
        Effect.catchTag("NoSuchElementError", Effect.die),
        Effect.map(({ state }) => state),
        fromStore
      ),
    lateParty: (paymentId) => fromStore(lateParty(paymentId)),
    seatLate: (paymentId, keyHash, seating) =>
      seatLate({ paymentId, keyHash, seating }).pipe(
        Effect.catchTag("NoSuchElementError", Effect.die),
        Effect.map(({ outcome }) => outcome),
        fromStore
      ),
    claim: (max) => fromStore(claim(max)),
    done: (jobId) => fromStore(done(jobId))
  })
})
