import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Bookings that are held until they are paid. Their berths are sold like any others; the hold says that money is due, and
 * ends once. Whoever changes a hold, or what was paid for it, locks its row first, before the run and the booking.
 */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    CREATE TABLE booking_hold (
      pnr text PRIMARY KEY REFERENCES booking,
      hold_id text NOT NULL,
      fares_paise bigint[] NOT NULL CHECK (cardinality(fares_paise) BETWEEN 1 AND 6 AND 0 <= ALL (fares_paise)),
      state text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'confirmed', 'released', 'expired')),
      expires_at timestamptz NOT NULL
    )`
  yield* sql`COMMENT ON COLUMN booking_hold.fares_paise IS 'what each passenger pays, by number'`
  yield* sql`COMMENT ON COLUMN booking_hold.hold_id IS 'under which Redis gave the berths'`
  yield* sql`CREATE INDEX booking_hold_due ON booking_hold (expires_at) WHERE state = 'held'`
  yield* sql`
    CREATE FUNCTION refuse_second_end() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the hold of % has ended already: %', OLD.pnr, OLD.state;
    END
    $$`
  yield* sql`
    CREATE TRIGGER booking_hold_ends_once BEFORE UPDATE ON booking_hold
    FOR EACH ROW WHEN (OLD.state <> 'held') EXECUTE FUNCTION refuse_second_end()`

  // Over the commit of every booking, so that one paid otherwise does nothing more than before.
  yield* sql`
    CREATE FUNCTION commit_held_booking(held jsonb, fares bigint[], hold_for interval)
    RETURNS TABLE (pnr text, outcome text, waitlist_number integer, created_at timestamptz, transaction_id text)
    LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    BEGIN
      SELECT c.pnr, c.outcome, c.waitlist_number, c.created_at, c.transaction_id
      INTO pnr, outcome, waitlist_number, created_at, transaction_id
      FROM commit_bookings(jsonb_build_array(held)) c;
      IF commit_held_booking.outcome = 'committed' THEN
        INSERT INTO booking_hold (pnr, hold_id, fares_paise, expires_at) VALUES (
          commit_held_booking.pnr, held->>'holdId', fares, commit_held_booking.created_at + hold_for);
      END IF;
      RETURN NEXT;
    END
    $$`

  // Each hold by itself, in one order; one that is being paid or released at this moment is left to that.
  yield* sql`
    CREATE FUNCTION expire_holds(holds_max integer) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
    DECLARE
      due record;
    BEGIN
      FOR due IN
        WITH claimed AS MATERIALIZED (
          SELECT h.pnr FROM booking_hold h WHERE h.state = 'held' AND h.expires_at <= berth_now()
          ORDER BY h.expires_at LIMIT holds_max FOR UPDATE SKIP LOCKED
        )
        SELECT c.pnr FROM claimed c JOIN booking b USING (pnr) ORDER BY b.run_id, c.pnr
      LOOP
        UPDATE booking_hold h SET state = 'expired' WHERE h.pnr = due.pnr AND h.state = 'held';
        RETURN NEXT cancel_booking(due.pnr, NULL, NULL) || jsonb_build_object('pnr', due.pnr);
      END LOOP;
    END
    $$`
})
