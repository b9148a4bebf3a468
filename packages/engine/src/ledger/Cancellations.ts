import { Pnr } from "@berth/domain/Pnr"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TravelClass } from "@berth/domain/TravelClass"
import type { UserId } from "@berth/domain/UserId"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "./LedgerError.ts"

/** Legs that a cancelled sale held. */
export const FreedSale = Schema.Struct({ id: Schema.Int, berth: Schema.Int, from: Schema.Int, to: Schema.Int })
export type FreedSale = typeof FreedSale.Type

export const Cancelled = Schema.Struct({
  /** Numbers of the passengers who were cancelled; none where somebody named was not there. */
  cancelled: Schema.Array(Schema.Int),
  runId: Schema.Int,
  /** The run's epoch that the commit read; what is freed in Redis is fenced by it. */
  epoch: Schema.Int,
  travelClass: Schema.NullOr(TravelClass),
  freed: Schema.Array(FreedSale),
  /** The booking's place on the waitlist, if it had one, with how many still wait. */
  waiting: Schema.NullOr(Schema.Struct({ holdId: Schema.String, passengers: Schema.Int }))
})
export type Cancelled = typeof Cancelled.Type

const CancelledAndPaidBack = Schema.Struct({
  ...Cancelled.fields,
  /** Nobody was cancelled, because the booking is held and can only be released whole. */
  unpaid: Schema.Boolean,
  refundPaise: Schema.Int
})
export type CancelledAndPaidBack = typeof CancelledAndPaidBack.Type

/** Sales that were cancelled and of which Redis has not confirmed that it freed them. */
const Unfreed = Schema.Struct({ ...FreedSale.fields, epoch: Schema.Int, runId: Schema.Int })
export type Unfreed = typeof Unfreed.Type

/** A party of the waitlist of which some, or all, have cancelled. */
export const LeavingParty = Schema.Struct({
  pnr: Pnr,
  runId: Schema.Int,
  epoch: Schema.Int,
  travelClass: TravelClass,
  holdId: Schema.String,
  /** How many still wait. */
  passengers: Schema.Int
})
export type LeavingParty = typeof LeavingParty.Type

/** Cancelling in the record, and what Redis still has to be told of it. */
export class Cancellations extends Context.Service<Cancellations, {
  /**
   * Cancels all or the passengers named; none where there is no such booking of that user (null: anybody's). It is noted
   * where the booking is not the caller's own.
   */
  cancel(options: {
    readonly pnr: Pnr
    readonly caller: UserId
    readonly forUser: UserId | null
    readonly passengers: ReadonlyArray<number> | null
  }): Effect.Effect<Option.Option<CancelledAndPaidBack>, StoreUnavailable>
  /** Notes that Redis has freed what these sales held. */
  freed(saleIds: ReadonlyArray<number>): Effect.Effect<void, StoreUnavailable>
  /** What Redis has not confirmed, oldest first, up to a thousand. */
  readonly unfreed: Effect.Effect<ReadonlyArray<Unfreed>, StoreUnavailable>
  /** Notes that Redis counts as many of a party as these. */
  left(party: LeavingParty): Effect.Effect<void, StoreUnavailable>
  /** Parties whose count Redis has not confirmed, up to a thousand. */
  readonly leaving: Effect.Effect<ReadonlyArray<LeavingParty>, StoreUnavailable>
}>()("@berth/engine/ledger/Cancellations") {
  static readonly layer = Layer.effect(
    Cancellations,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const cancel = SqlSchema.findOne({
        Request: Schema.Struct({
          pnr: Schema.String,
          forUser: Schema.NullOr(Schema.String),
          passengers: Schema.NullOr(Schema.fromJsonString(Schema.Array(Schema.Int)))
        }),
        Result: Schema.Struct({ result: Schema.NullOr(CancelledAndPaidBack) }),
        execute: ({ forUser, passengers, pnr }) =>
          sql`SELECT cancel_and_pay_back(${pnr}, ${forUser}, (
            SELECT array_agg(n::smallint) FROM jsonb_array_elements_text(${passengers}::text::jsonb) n)) AS result`
      })
      const trail = SqlSchema.void({
        Request: Schema.Struct({
          pnr: Schema.String,
          caller: Schema.String,
          details: Schema.fromJsonString(Schema.Json)
        }),
        execute: ({ caller, details, pnr }) =>
          sql`INSERT INTO audit (user_id, action, subject, details)
            SELECT ${caller}, 'cancel for another', pnr, ${details}::text::jsonb FROM booking
            WHERE pnr = ${pnr} AND user_id <> ${caller}`
      })
      const cancelNoted = ({ caller, ...asked }: Parameters<Cancellations["Service"]["cancel"]>[0]) =>
        sql.withTransaction(Effect.tap(cancel(asked), ({ result }) =>
          result === null || result.cancelled.length === 0
            ? Effect.void
            : trail({ pnr: asked.pnr, caller, details: { passengers: result.cancelled } })))
      const acknowledge = SqlSchema.void({
        Request: Schema.fromJsonString(Schema.Array(Schema.Int)),
        execute: (ids) =>
          sql`UPDATE sale SET freeing = false WHERE id IN (
            SELECT n::bigint FROM jsonb_array_elements_text(${ids}::text::jsonb) n)`
      })
      const selectUnfreed = SqlSchema.findAll({
        Request: Schema.Void,
        Result: Unfreed,
        execute: () =>
          sql`SELECT s.id::float8 AS id, s.berth::float8 AS berth, lower(s.legs) AS from, upper(s.legs) AS to,
              r.epoch::float8 AS epoch, r.id::float8 AS "runId"
            FROM sale s JOIN run r ON r.id = s.berth >> 16
            WHERE s.freeing ORDER BY s.id LIMIT 1000`
      })
      // Not where more have cancelled meanwhile, for of those Redis has not been told.
      const confirmLeft = SqlSchema.void({
        Request: LeavingParty,
        execute: ({ passengers, pnr }) =>
          sql`UPDATE waitlist_entry SET leaving = false WHERE pnr = ${pnr} AND passengers = ${passengers}`
      })
      const selectLeaving = SqlSchema.findAll({
        Request: Schema.Void,
        Result: LeavingParty,
        execute: () =>
          sql`SELECT w.pnr, w.run_id::float8 AS "runId", r.epoch::float8 AS epoch, w.travel_class AS "travelClass",
              w.hold_id AS "holdId", w.passengers
            FROM waitlist_entry w JOIN run r ON r.id = w.run_id
            WHERE w.leaving ORDER BY w.pnr LIMIT 1000`
      })
      return Cancellations.of({
        cancel: (options) =>
          // One round trip for a person's own booking, of which there is nothing to note.
          (options.forUser === null ? cancelNoted(options) : cancel(options)).pipe(
            Effect.catchTag("NoSuchElementError", Effect.die),
            Effect.map(({ result }) => Option.fromNullOr(result)),
            fromStore
          ),
        freed: (saleIds) => fromStore(acknowledge(saleIds)),
        unfreed: fromStore(selectUnfreed(undefined)),
        left: (party) => fromStore(confirmLeft(party)),
        leaving: fromStore(selectLeaving(undefined))
      })
    })
  )
}
