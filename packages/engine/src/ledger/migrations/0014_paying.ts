import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Paying for a hold and giving money back, each step one round trip that can be repeated. */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  // Null where there is no such booking, or it is another's. A payment that is under way is joined, never made twice.
  yield* sql`
    CREATE FUNCTION begin_payment(which text, for_user text, lease interval) RETURNS jsonb LANGUAGE plpgsql AS $$
    DECLARE
      hold booking_hold;
      latest payment;
      result text;
    BEGIN
      PERFORM FROM booking b WHERE b.pnr = which AND (for_user IS NULL OR b.user_id = for_user);
      IF NOT FOUND THEN
        RETURN NULL;
      END IF;
      SELECT * INTO hold FROM booking_hold h WHERE h.pnr = which FOR UPDATE;
      SELECT * INTO latest FROM payment p
      WHERE p.pnr = which AND p.state IN ('pending', 'late', 'authorised', 'captured');
      result := CASE
        WHEN hold.pnr IS NULL THEN 'unheld'
        WHEN latest.state IN ('authorised', 'captured') THEN 'paid'
        WHEN latest.id IS NOT NULL THEN 'begun'
        WHEN hold.state = 'released' THEN 'released'
        WHEN hold.state = 'expired' OR hold.expires_at <= berth_now() THEN 'expired'
        ELSE 'begun' END;
      IF result = 'begun' AND latest.id IS NULL THEN
        INSERT INTO payment (pnr, amount_paise, state)
        VALUES (which, (SELECT sum(f) FROM unnest(hold.fares_paise) f), 'pending') RETURNING * INTO latest;
        INSERT INTO outbox (pnr, fact, body, payment_id, due_at)
        VALUES (which, 'authorise', '{}', latest.id, berth_now() + lease);
      END IF;
      RETURN jsonb_build_object('outcome', result, 'payment', CASE WHEN latest.id IS NULL THEN NULL ELSE
        jsonb_build_object('id', latest.id, 'pnr', which, 'gatewayId', latest.gateway_id, 'amountPaise', latest.amount_paise) END);
    END
    $$`

  yield* sql`
    CREATE FUNCTION note_paid(paid payment) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE payment p SET state = 'authorised' WHERE p.id = paid.id;
      PERFORM post_entries(paid.id, 'sale', 'passenger', 'revenue', paid.amount_paise);
      UPDATE outbox o SET done = true WHERE o.payment_id = paid.id AND o.fact = 'authorise';
      INSERT INTO outbox (pnr, fact, body, payment_id) VALUES (paid.pnr, 'capture', '{}', paid.id);
    END
    $$`
  yield* sql`
    CREATE FUNCTION give_back(paid payment) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE payment p SET state = 'voiding' WHERE p.id = paid.id;
      UPDATE outbox o SET done = true WHERE o.payment_id = paid.id AND o.fact = 'authorise';
      INSERT INTO outbox (pnr, fact, body, payment_id) VALUES (paid.pnr, 'void', '{}', paid.id);
    END
    $$`

  // What the gateway answered; only the first answer counts. A hold whose time is over and that nobody has ended is
  // confirmed: its berths are still its own.
  yield* sql`
    CREATE FUNCTION answer_payment(which bigint, accepted boolean) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
      paid payment;
      hold booking_hold;
    BEGIN
      SELECT * INTO hold FROM booking_hold h WHERE h.pnr = (SELECT p.pnr FROM payment p WHERE p.id = which) FOR UPDATE;
      SELECT * INTO paid FROM payment p WHERE p.id = which;
      IF paid.state <> 'pending' THEN
        RETURN paid.state;
      END IF;
      IF NOT accepted THEN
        UPDATE payment p SET state = 'failed' WHERE p.id = which;
        UPDATE outbox o SET done = true WHERE o.payment_id = which;
      ELSIF hold.state = 'held' THEN
        UPDATE booking_hold h SET state = 'confirmed' WHERE h.pnr = hold.pnr AND h.state = 'held';
        PERFORM note_paid(paid);
      ELSIF hold.state = 'expired' THEN
        UPDATE payment p SET state = 'late' WHERE p.id = which;
      ELSE
        PERFORM give_back(paid);
      END IF;
      RETURN (SELECT p.state FROM payment p WHERE p.id = which);
    END
    $$`

  // Ends a payment that found no berths any more, or to which the gateway never answered; answers its state.
  yield* sql`
    CREATE FUNCTION give_up_payment(which bigint) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
      paid payment;
      hold booking_hold;
    BEGIN
      SELECT * INTO hold FROM booking_hold h WHERE h.pnr = (SELECT p.pnr FROM payment p WHERE p.id = which) FOR UPDATE;
      SELECT * INTO paid FROM payment p WHERE p.id = which;
      IF paid.state IN ('pending', 'late') AND hold.state <> 'held' THEN
        PERFORM give_back(paid);
      END IF;
      RETURN (SELECT p.state FROM payment p WHERE p.id = which);
    END
    $$`

  yield* sql`
    COMMENT ON TABLE idempotency_key IS
      'one row a booking, key_hash made of the user and the key; one more where late money seated the party again'`
  // Seats again a party whose hold has expired and whose money came late. The berths were given under a key of the
  // payment's own, so that what Redis is told of them is told apart from the berths of the hold.
  yield* sql`
    CREATE FUNCTION commit_late_payment(which bigint, late_key text, seating jsonb) RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
      s batch_promotion := jsonb_populate_record(NULL::batch_promotion, seating);
      seats batch_seat[] := ARRAY(SELECT x FROM jsonb_populate_recordset(NULL::batch_seat, s.seats) x);
      paid payment;
      b booking;
      sold integer;
    BEGIN
      PERFORM FROM booking_hold h WHERE h.pnr = s.pnr FOR UPDATE;
      SELECT * INTO paid FROM payment p WHERE p.id = which;
      IF paid.state <> 'late' THEN
        RETURN 'gone';
      END IF;
      PERFORM pg_advisory_xact_lock_shared(s."runId");
      IF NOT EXISTS (SELECT FROM run r WHERE r.id = s."runId" AND r.epoch = s."epoch" AND r.state = 'OPEN') THEN
        RETURN 'fenced';
      ELSIF s.deadline < berth_now() THEN
        RETURN 'late';
      END IF;
      SELECT * INTO b FROM booking x WHERE x.pnr = s.pnr FOR UPDATE;
      WITH made AS (
        INSERT INTO sale AS x (berth, legs, pnr, passenger)
        SELECT w.berth, int4range(b.from_stop, b.to_stop), s.pnr, w.number
        FROM unnest(seats) w
        JOIN berth x ON x.train_number = ((w.berth >> 16) & 4194303)::int AND x.number = (w.berth & 65535)::int
          AND x.active AND x.quota = b.quota AND x.travel_class = b.travel_class
        ORDER BY w.berth ON CONFLICT DO NOTHING RETURNING x.id
      )
      SELECT count(*) INTO sold FROM made;
      IF sold < cardinality(seats) THEN
        DELETE FROM sale x USING unnest(seats) w WHERE x.berth = w.berth AND x.active AND x.pnr = s.pnr;
        RETURN 'lost';
      END IF;
      UPDATE passenger x SET state = 'CONFIRMED', berth = w.berth
      FROM unnest(seats) w WHERE x.pnr = s.pnr AND x.number = w.number;
      UPDATE booking x SET state = 'CONFIRMED', epoch = s."epoch" WHERE x.pnr = s.pnr;
      INSERT INTO idempotency_key (key_hash, user_id, fingerprint, pnr, created_at)
      VALUES (late_key, b.user_id, '-', s.pnr, berth_now());
      PERFORM note_paid(paid);
      RETURN 'committed';
    END
    $$`

  // A booking that is held is released whole; one that was paid for gives back the fares of those who are cancelled.
  yield* sql`
    CREATE FUNCTION cancel_and_pay_back(which text, for_user text, numbers smallint[]) RETURNS jsonb LANGUAGE plpgsql AS $$
    DECLARE
      hold booking_hold;
      paid payment;
      result jsonb;
      back bigint := 0;
      owed record;
    BEGIN
      SELECT h.* INTO hold FROM booking_hold h JOIN booking b USING (pnr)
      WHERE h.pnr = which AND (for_user IS NULL OR b.user_id = for_user) FOR UPDATE OF h;
      IF hold.state = 'held' AND numbers IS NOT NULL AND EXISTS (
        SELECT FROM passenger p WHERE p.pnr = which AND p.number <> ALL (numbers))
      THEN
        RETURN jsonb_build_object('cancelled', '[]'::jsonb, 'runId', 0, 'epoch', 0, 'freed', '[]'::jsonb,
          'travelClass', NULL, 'waiting', NULL, 'unpaid', true, 'refundPaise', 0);
      END IF;
      result := cancel_booking(which, for_user, numbers);
      IF result IS NULL OR result -> 'cancelled' = '[]'::jsonb OR hold.pnr IS NULL THEN
        RETURN result || jsonb_build_object('unpaid', false, 'refundPaise', 0);
      END IF;
      IF hold.state = 'held' THEN
        UPDATE booking_hold h SET state = 'released' WHERE h.pnr = which AND h.state = 'held';
      END IF;
      SELECT * INTO paid FROM payment p WHERE p.pnr = which AND p.state IN ('authorised', 'captured');
      IF paid.id IS NOT NULL THEN
        FOR owed IN
          INSERT INTO refund (pnr, passenger, amount_paise, payment_id)
          SELECT which, n::smallint, hold.fares_paise[n::int], paid.id
          FROM jsonb_array_elements_text(result -> 'cancelled') n RETURNING *
        LOOP
          back := back + owed.amount_paise;
          PERFORM post_entries(paid.id, 'refund-due-' || owed.passenger, 'revenue', 'passenger', owed.amount_paise);
          INSERT INTO outbox (pnr, fact, body, payment_id, refund_id)
          VALUES (which, 'refund', '{}', paid.id, owed.id);
        END LOOP;
      END IF;
      RETURN result || jsonb_build_object('unpaid', false, 'refundPaise', back);
    END
    $$`

  // What the gateway is to be told, for a while this caller's alone. A refund waits until its money has come.
  yield* sql`
    CREATE FUNCTION claim_gateway_jobs(jobs_max integer) RETURNS SETOF outbox LANGUAGE sql AS $$
      WITH due AS MATERIALIZED (
        SELECT j.id FROM outbox j JOIN payment p ON p.id = j.payment_id
        WHERE NOT j.done AND j.payment_id IS NOT NULL AND j.due_at <= berth_now()
          AND (j.fact <> 'refund' OR p.state = 'captured')
        ORDER BY j.due_at LIMIT jobs_max FOR UPDATE OF j SKIP LOCKED
      )
      UPDATE outbox o SET attempts = o.attempts + 1,
        due_at = berth_now() + least(interval '15 seconds' * 2 ^ least(o.attempts, 6), interval '5 minutes')
      FROM due WHERE o.id = due.id
      RETURNING o.*
    $$`

  // Answers whether it was not noted before.
  yield* sql`
    CREATE FUNCTION note_gateway_job_done(which bigint) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
      job outbox;
      back refund;
    BEGIN
      UPDATE outbox o SET done = true WHERE o.id = which AND NOT o.done RETURNING * INTO job;
      IF job.id IS NULL THEN
        RETURN false;
      ELSIF job.fact = 'capture' THEN
        UPDATE payment p SET state = 'captured' WHERE p.id = job.payment_id AND p.state = 'authorised';
        PERFORM post_entries(p.id, 'capture', 'gateway', 'passenger', p.amount_paise) FROM payment p
        WHERE p.id = job.payment_id;
      ELSIF job.fact = 'void' THEN
        UPDATE payment p SET state = 'voided' WHERE p.id = job.payment_id AND p.state = 'voiding';
      ELSIF job.fact = 'refund' THEN
        UPDATE refund r SET state = 'paid' WHERE r.id = job.refund_id RETURNING * INTO back;
        PERFORM post_entries(job.payment_id, 'refund-' || back.passenger, 'passenger', 'gateway', back.amount_paise);
      END IF;
      RETURN true;
    END
    $$`
})
