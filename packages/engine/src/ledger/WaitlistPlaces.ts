import { Pnr } from "@berth/domain/Pnr"
import { Effect, Schema } from "effect"
import { type SqlClient, SqlSchema } from "effect/sql"

/**
 * Passengers who wait before the party of `w`, an entry of the waitlist. An entry counts those of its party who still wait,
 * so that nobody else's passengers are read.
 */
export const aheadOfEntry = (sql: SqlClient.SqlClient) =>
  sql`(
    SELECT coalesce(sum(o.passengers), 0)::int FROM waitlist_entry o
    WHERE o.run_id = w.run_id AND o.travel_class = w.travel_class AND o.kind = w.kind AND o.state = 'waiting'
      AND o.number < w.number)`

/** How many passengers wait before each of these parties that wait. */
export const makeAheadOf = (sql: SqlClient.SqlClient) => {
  const select = SqlSchema.findAll({
    Request: Schema.fromJsonString(Schema.Array(Pnr)),
    Result: Schema.Struct({ pnr: Pnr, ahead: Schema.Int }),
    execute: (pnrs) =>
      sql`
        SELECT w.pnr, ${aheadOfEntry(sql)} AS ahead FROM waitlist_entry w
        WHERE w.pnr = ANY (ARRAY(SELECT jsonb_array_elements_text(${pnrs}::text::jsonb)))`
  })
  return (pnrs: ReadonlyArray<Pnr>) =>
    pnrs.length === 0
      ? Effect.succeed(new Map<Pnr, number>())
      : Effect.map(select(pnrs), (rows) => new Map(rows.map(({ ahead, pnr }) => [pnr, ahead])))
}
