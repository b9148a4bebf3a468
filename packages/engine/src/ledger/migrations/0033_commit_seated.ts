import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * The commit of bookings whose berths Redis gave, as it goes nearly always: all of the batch, or nothing of it. It answers no
 * row where anything at all is in the way; `commit_bookings` then finds out what, for each booking.
 *
 * It commits by itself, so that where its answer is lost nobody knows its transaction. Whoever asks what became of it
 * (`UnknownOutcome`) waits for the lock that it takes first, looks, and where nothing was written has it refused for good: it
 * may still lie in the buffer of a connection that is gone.
 *
 * In a batch of 54 it takes a third less than that function, which looks for what is sold before each sale and joins
 * what became of each (docs/decisions/0004). Its locks are taken in the same order.
 */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    CREATE TABLE refused_commit (
      first_pnr text PRIMARY KEY CHECK (first_pnr ~ '^[1-9][0-9]{9}$'),
      at timestamptz NOT NULL DEFAULT berth_now()
    )`
  yield* sql`COMMENT ON TABLE refused_commit IS 'batches whose answer was lost and that may not be written any more'`

  yield* sql`
    CREATE FUNCTION commit_seated(
      key_hashes text[], fingerprints text[], pnrs text[], user_ids text[], run_ids bigint[], epochs bigint[],
      deadlines timestamptz[], travel_classes text[], quotas text[], from_stops smallint[], to_stops smallint[],
      same_coaches boolean[], lower_berths_mins smallint[],
      -- A passenger each.
      their_pnrs text[], their_classes text[], their_quotas text[], their_from_stops smallint[],
      their_to_stops smallint[], numbers smallint[], names text[], ages smallint[], genders text[], wishes text[],
      berths bigint[]
    ) RETURNS TABLE (created_at timestamptz, transaction_id text) LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    DECLARE
      at timestamptz := berth_now();
      sold bigint;
    BEGIN
      -- Runs have the locks from 0 up. In a statement of its own: the next one sees what whoever had it has written.
      IF NOT pg_try_advisory_xact_lock(-pnrs[1]::bigint) THEN
        RETURN;
      END IF;
      IF EXISTS (SELECT FROM refused_commit r WHERE r.first_pnr = pnrs[1]) THEN
        RETURN;
      END IF;
      BEGIN
        INSERT INTO idempotency_key (key_hash, user_id, fingerprint, pnr, created_at)
        SELECT b.key_hash, b.user_id, b.fingerprint, b.pnr, at
        FROM unnest(key_hashes, user_ids, fingerprints, pnrs) AS b (key_hash, user_id, fingerprint, pnr)
        ORDER BY b.key_hash;

        PERFORM pg_advisory_xact_lock_shared(id) FROM (SELECT DISTINCT unnest(run_ids) AS id ORDER BY 1) runs;

        -- A statement of its own: the one that takes the lock would still see the epoch from before it waited.
        IF EXISTS (
          SELECT FROM unnest(run_ids, epochs, deadlines) AS b (run_id, epoch, deadline)
          LEFT JOIN run r ON r.id = b.run_id AND r.epoch = b.epoch AND r.state = 'OPEN'
          WHERE r.id IS NULL OR b.deadline < at)
        THEN
          RAISE SQLSTATE 'BT001';
        END IF;

        INSERT INTO sale (berth, legs, pnr, passenger)
        SELECT p.berth, int4range(p.from_stop, p.to_stop), p.pnr, p.number
        FROM unnest(berths, their_from_stops, their_to_stops, their_pnrs, numbers, their_classes, their_quotas)
          AS p (berth, from_stop, to_stop, pnr, number, travel_class, quota)
        -- OFFSET 0 keeps this a look-up by key; joined freely, the planner reads the whole table for a batch.
        CROSS JOIN LATERAL (
          SELECT FROM berth b
          WHERE b.train_number = ((p.berth >> 16) & 4194303)::int AND b.number = (p.berth & 65535)::int
            AND b.active AND b.quota = p.quota AND b.travel_class = p.travel_class
          OFFSET 0
        ) for_sale
        ORDER BY p.berth, p.from_stop;
        GET DIAGNOSTICS sold = ROW_COUNT;
        IF sold <> cardinality(berths) THEN
          RAISE SQLSTATE 'BT001';
        END IF;

        INSERT INTO booking (pnr, run_id, epoch, user_id, travel_class, quota, from_stop, to_stop, same_coach,
          lower_berths_min, state, created_at)
        SELECT b.*, 'CONFIRMED', at
        FROM unnest(pnrs, run_ids, epochs, user_ids, travel_classes, quotas, from_stops, to_stops, same_coaches,
          lower_berths_mins) AS b;

        INSERT INTO passenger (pnr, number, name, age, gender, wish, state, berth)
        SELECT p.pnr, p.number, p.name, p.age, p.gender, p.wish, 'CONFIRMED', p.berth
        FROM unnest(their_pnrs, numbers, names, ages, genders, wishes, berths)
          AS p (pnr, number, name, age, gender, wish, berth);
      EXCEPTION WHEN SQLSTATE 'BT001' OR unique_violation OR exclusion_violation OR deadlock_detected THEN
        RETURN;
      END;
      RETURN QUERY SELECT at, pg_current_xact_id()::text;
    END
    $$`
})
