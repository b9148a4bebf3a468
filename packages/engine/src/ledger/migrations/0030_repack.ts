import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Giving passengers who chose no berth another of the same type, so that somebody fits who otherwise would not. */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`ALTER TABLE train ADD COLUMN repack boolean NOT NULL DEFAULT true`
  yield* sql`
    COMMENT ON COLUMN train.repack IS 'whether passengers who chose no berth may be given another of the same type'`
  yield* sql`ALTER TABLE passenger ADD COLUMN moved_from bigint CHECK (moved_from IS NULL OR berth IS NOT NULL)`
  yield* sql`COMMENT ON COLUMN passenger.moved_from IS 'the berth given first, of whoever was given another since'`

  // Whole or not at all, and under the run's lock, which the caller has taken exclusively in an earlier statement. What
  // has changed since the moves were planned is found by the rows named, or refused by the constraint on sales. With its
  // owner's rights: who sells may not put a sale on another berth but by this.
  yield* sql`
    CREATE FUNCTION move_sales(which bigint, expected_epoch bigint, moves jsonb) RETURNS boolean LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      IF NOT EXISTS (
        SELECT FROM run r JOIN train t ON t.id = r.train_id
        WHERE r.id = which AND r.epoch = expected_epoch AND r.state = 'OPEN' AND t.repack)
      THEN
        RETURN false;
      END IF;
      IF jsonb_array_length(moves) <> (
        SELECT count(*)
        FROM jsonb_to_recordset(moves) AS m(sale bigint, "from" bigint, "to" bigint)
        JOIN sale s ON s.id = m.sale AND s.active AND s.berth = m."from" AND s.places = '[0,2)'
        JOIN passenger p ON p.pnr = s.pnr AND p.number = s.passenger AND p.state = 'CONFIRMED' AND p.wish IS NULL
        JOIN booking b ON b.pnr = s.pnr
        JOIN berth old ON old.train_number = ((m."from" >> 16) & 4194303)::int AND old.number = (m."from" & 65535)::int
        JOIN berth new ON new.train_number = old.train_number AND new.number = (m."to" & 65535)::int
          AND new.active AND new.quota = b.quota AND new.travel_class = old.travel_class AND new.berth = old.berth
        WHERE s.berth >> 16 = which AND m."to" >> 16 = which
          AND NOT EXISTS (SELECT FROM booking_hold h WHERE h.pnr = s.pnr AND h.state = 'held'))
      THEN
        RETURN false;
      END IF;
      -- First nobody lies on any of these berths, then everybody lies where they go.
      UPDATE sale s SET active = false
      FROM jsonb_to_recordset(moves) AS m(sale bigint) WHERE s.id = m.sale;
      UPDATE sale s SET berth = m."to", active = true
      FROM jsonb_to_recordset(moves) AS m(sale bigint, "to" bigint) WHERE s.id = m.sale;
      UPDATE passenger p SET berth = s.berth, moved_from = nullif(coalesce(p.moved_from, m."from"), s.berth)
      FROM jsonb_to_recordset(moves) AS m(sale bigint, "from" bigint) JOIN sale s ON s.id = m.sale
      WHERE p.pnr = s.pnr AND p.number = s.passenger;
      RETURN true;
    EXCEPTION WHEN exclusion_violation THEN
      RETURN false;
    END
    $$`
  yield* sql`REVOKE ALL ON FUNCTION move_sales FROM PUBLIC`
})
