import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Passengers without a foreign key to their booking: each check reads and locks the row that the same statement has just
 * written. commit_bookings alone adds passengers, with their booking; no role may delete one, or change its PNR
 * (grants.sql); and the audit finds a sale whose passenger has no booking.
 */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // Gone already where this ran under a lower number.
  yield* sql`ALTER TABLE passenger DROP CONSTRAINT IF EXISTS passenger_pnr_fkey`
})
