import { Quota } from "@berth/domain/Quota"
import { runBerthOf } from "@berth/domain/RunId"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TravelClass } from "@berth/domain/TravelClass"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "./LedgerError.ts"

const Row = Schema.Struct({
  id: Schema.Int,
  berth: Schema.Int,
  from: Schema.Int,
  to: Schema.Int,
  pnr: Schema.String,
  quota: Quota,
  sameCoach: Schema.Boolean,
  /** Whether the passenger chose no berth, has a whole one, and does not look at it at this moment to pay for it. */
  movable: Schema.Boolean
})

/** A sale with what must be known of it to give its passenger another berth. */
export type SoldBerth = typeof Row.Type

/** Who lies where, and who may be moved. */
export class PlacedSales extends Context.Service<PlacedSales, {
  ofClass(runId: number, travelClass: TravelClass): Effect.Effect<ReadonlyArray<SoldBerth>, StoreUnavailable>
}>()("@berth/engine/ledger/PlacedSales") {
  static readonly layer = Layer.effect(
    PlacedSales,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const select = SqlSchema.findAll({
        Request: Schema.Int,
        Result: Row,
        execute: (first) =>
          sql`
            SELECT s.id::float8 AS id, s.berth::float8 AS berth, lower(s.legs) AS from, upper(s.legs) AS to, s.pnr,
              b.quota, b.same_coach AS "sameCoach",
              p.wish IS NULL AND s.places = '[0,2)' AND h.pnr IS NULL AS movable
            FROM sale s
            JOIN passenger p ON p.pnr = s.pnr AND p.number = s.passenger
            JOIN booking b ON b.pnr = s.pnr
            LEFT JOIN booking_hold h ON h.pnr = s.pnr AND h.state = 'held'
            WHERE s.active AND s.berth >= ${first}::float8::bigint AND s.berth < ${first}::float8::bigint + 8192`
      })
      return PlacedSales.of({
        ofClass: Effect.fn("PlacedSales.ofClass")((runId: number, travelClass: TravelClass) =>
          fromStore(select(runBerthOf(runId, travelClass, 0)))
        )
      })
    })
  )
}
