import { Pnr } from "@berth/domain/Pnr"
import { Effect, Schema } from "effect"
import { type SqlClient, SqlSchema } from "effect/sql"

/** Whether the record has all of these bookings, of whatever state; for a transaction whose COMMIT was not answered. */
export const areWritten = (sql: SqlClient.SqlClient) => {
  const count = SqlSchema.findOne({
    Request: Schema.fromJsonString(Schema.Array(Pnr)),
    Result: Schema.Struct({ count: Schema.Int }),
    execute: (pnrs) =>
      sql`SELECT count(*)::int AS count FROM booking
        WHERE pnr = ANY (ARRAY(SELECT jsonb_array_elements_text(${pnrs}::text::jsonb)))`
  })
  return (pnrs: ReadonlyArray<Pnr>) =>
    count(pnrs).pipe(
      Effect.map((found) => found.count === pnrs.length),
      Effect.catchTag("NoSuchElementError", Effect.die)
    )
}
