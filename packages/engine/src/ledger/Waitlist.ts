import { BerthType } from "@berth/domain/BerthType"
import { Age, Gender } from "@berth/domain/Passenger"
import { Pnr } from "@berth/domain/Pnr"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TravelClass } from "@berth/domain/TravelClass"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "./LedgerError.ts"
import { decided } from "./UnknownOutcome.ts"

/** A party of the waitlist with those of its passengers who still wait. */
export const WaitingBooking = Schema.Struct({
  pnr: Pnr,
  holdId: Schema.String,
  travelClass: TravelClass,
  number: Schema.Int,
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
export type WaitingBooking = typeof WaitingBooking.Type

/** Berths that Redis has given to a waiting party, on their way into the record. */
export const Promotion = Schema.Struct({
  pnr: Pnr,
  runId: Schema.Int,
  epoch: Schema.Int,
  deadline: Schema.String,
  seats: Schema.Array(Schema.Struct({ number: Schema.Int, berth: Schema.Int }))
})
export type Promotion = typeof Promotion.Type

const PromotionOutcome = Schema.Struct({
  /** `gone`: does not wait any more as it did; `lost`: a berth is sold, or not for sale any more. */
  outcome: Schema.Literals(["committed", "gone", "fenced", "late", "lost"]),
  transactionId: Schema.String
})
export type PromotionOutcome = typeof PromotionOutcome.Type["outcome"]

/** Who waits, in order, and the giving of berths to them. */
export class Waitlist extends Context.Service<Waitlist, {
  /** Everybody who waits on a run, by class and in the order of their numbers. */
  waiting(runId: number): Effect.Effect<ReadonlyArray<WaitingBooking>, StoreUnavailable>
  promote(promotion: Promotion): Effect.Effect<PromotionOutcome, StoreUnavailable>
  /** Runs on which somebody waits. */
  readonly runsWaiting: Effect.Effect<ReadonlyArray<number>, StoreUnavailable>
}>()("@berth/engine/ledger/Waitlist") {
  static readonly layer = Layer.effect(
    Waitlist,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const selectWaiting = SqlSchema.findAll({
        Request: Schema.Int,
        Result: WaitingBooking,
        execute: (runId) =>
          sql`
            SELECT w.pnr, w.hold_id AS "holdId", w.travel_class AS "travelClass", w.number,
              b.from_stop AS "fromStop", b.to_stop AS "toStop", b.same_coach AS "sameCoach",
              b.lower_berths_min AS "lowerBerthsMin", p.passengers
            FROM waitlist_entry w
            JOIN booking b USING (pnr)
            CROSS JOIN LATERAL (
              SELECT jsonb_agg(jsonb_build_object(
                'number', x.number, 'age', x.age, 'gender', x.gender, 'wish', x.wish) ORDER BY x.number) AS passengers
              FROM passenger x WHERE x.pnr = w.pnr AND x.state = 'WAITLISTED'
            ) p
            WHERE w.run_id = ${runId} AND w.state = 'waiting'
            ORDER BY w.travel_class, w.number`
      })
      const commit = SqlSchema.findAll({
        Request: Schema.fromJsonString(Promotion),
        Result: PromotionOutcome,
        execute: (promotion) =>
          sql`SELECT outcome, transaction_id AS "transactionId" FROM commit_promotion(${promotion}::text::jsonb)`
      })
      const selectPromoted = SqlSchema.findAll({
        Request: Pnr,
        Result: Schema.Struct({ pnr: Pnr }),
        execute: (pnr) => sql`SELECT pnr FROM waitlist_entry WHERE pnr = ${pnr} AND state = 'promoted'`
      })
      const selectRuns = SqlSchema.findAll({
        Request: Schema.Void,
        Result: Schema.Struct({ runId: Schema.Int }),
        execute: () =>
          sql`SELECT DISTINCT w.run_id::float8 AS "runId" FROM waitlist_entry w
            JOIN run r ON r.id = w.run_id AND r.state = 'OPEN' WHERE w.state = 'waiting'`
      })
      return Waitlist.of({
        waiting: (runId) => fromStore(selectWaiting(runId)),
        promote: Effect.fn("Waitlist.promote")(function*(promotion) {
          const isWritten = ([row]: ReadonlyArray<typeof PromotionOutcome.Type>) =>
            row?.outcome === "committed"
              ? Effect.map(selectPromoted(promotion.pnr), ({ length }) => length > 0)
              : Effect.succeed(true)
          const [row] = yield* fromStore(decided(sql, commit(promotion), isWritten))
          return row === undefined ? yield* Effect.die(new Error("commit_promotion gave no row")) : row.outcome
        }),
        runsWaiting: Effect.map(fromStore(selectRuns(undefined)), (rows) => rows.map(({ runId }) => runId))
      })
    })
  )
}
