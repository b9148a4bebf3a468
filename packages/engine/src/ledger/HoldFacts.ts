import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "./LedgerError.ts"

/** What the record knows of a booking for which Redis has a hold. */
export const HoldFact = Schema.Struct({
  keyHash: Schema.String,
  /** Of the run when Redis last gave the booking berths, or let it wait. */
  epoch: Schema.Int,
  /** Every berth that the booking was ever given, of cancelled passengers too. */
  berths: Schema.Array(Schema.Int),
  /** The hold under which the booking waits, with how many. */
  waiting: Schema.NullOr(Schema.Struct({ holdId: Schema.String, passengers: Schema.Int }))
})
export type HoldFact = typeof HoldFact.Type

/** Keys kept this long; a repeat of a call after that is a new booking. */
const keyHoursMax = 24

export class HoldFacts extends Context.Service<HoldFacts, {
  /** The bookings that exist for these keys. */
  find(keyHashes: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<HoldFact>, StoreUnavailable>
  /** Forgets keys of more than a day ago, and answers how many. */
  readonly pruneKeys: Effect.Effect<number, StoreUnavailable>
}>()("@berth/engine/ledger/HoldFacts") {
  static readonly layer = Layer.effect(
    HoldFacts,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const select = SqlSchema.findAll({
        Request: Schema.fromJsonString(Schema.Array(Schema.String)),
        Result: HoldFact,
        // Compared with an array, the keys are looked up: of a join the planner thinks a hundred, and reads the whole table.
        execute: (keyHashes) =>
          sql`
            SELECT k.key_hash AS "keyHash", b.epoch::float8 AS epoch,
              (SELECT coalesce(jsonb_agg(p.berth), '[]') FROM passenger p
                WHERE p.pnr = k.pnr AND p.berth IS NOT NULL) AS berths,
              (SELECT jsonb_build_object('holdId', w.hold_id, 'passengers', w.passengers) FROM waitlist_entry w
                WHERE w.pnr = k.pnr AND w.state = 'waiting') AS waiting
            FROM idempotency_key k JOIN booking b USING (pnr)
            WHERE k.key_hash = ANY (ARRAY(SELECT jsonb_array_elements_text(${keyHashes}::text::jsonb)))`
      })
      const prune = SqlSchema.findAll({
        Request: Schema.Int,
        Result: Schema.Struct({ pruned: Schema.Int }),
        execute: (hours) =>
          sql`
            WITH gone AS (
              DELETE FROM idempotency_key WHERE created_at < berth_now() - make_interval(hours => ${hours}) RETURNING 1
            ), refused AS (
              DELETE FROM refused_commit WHERE at < berth_now() - make_interval(hours => ${hours})
            )
            SELECT count(*)::int AS pruned FROM gone`
      })
      return HoldFacts.of({
        find: (keyHashes) => fromStore(select(keyHashes)),
        pruneKeys: fromStore(Effect.map(prune(keyHoursMax), (rows) => rows[0]?.pruned ?? 0))
      })
    })
  )
}
