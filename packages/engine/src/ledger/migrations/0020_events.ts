import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * What happens to bookings, told in the transaction in which it happens.
 *
 * Whoever writes a booking cannot forget to tell, because triggers do. They write to `event_outbox`, in the order in which
 * a booking's row was locked. `log_events` moves what has been committed to `event`, numbered without gaps: it alone
 * numbers, one caller at a time, so whoever has read up to a number will never find an event below it later.
 */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    CREATE TABLE event_outbox (
      id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      pnr text NOT NULL,
      kind text NOT NULL,
      passengers smallint NOT NULL,
      at timestamptz NOT NULL
    )`
  yield* sql`COMMENT ON COLUMN event_outbox.passengers IS 'a bit each, the lowest for number 1; none: everybody'`
  yield* sql`
    CREATE TABLE event (
      id bigint PRIMARY KEY,
      pnr text NOT NULL,
      run_id bigint NOT NULL,
      kind text NOT NULL CHECK (kind IN ('booked', 'waitlisted', 'held', 'paid', 'expired', 'promoted', 'moved',
        'cancelled', 'reinstated')),
      passengers smallint NOT NULL CHECK (passengers BETWEEN 0 AND 63),
      at timestamptz NOT NULL
    )`
  yield* sql`CREATE INDEX event_pnr ON event (pnr, id)`
  yield* sql`CREATE INDEX event_run ON event (run_id, id)`
  yield* sql`
    CREATE TABLE event_log (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      name text NOT NULL DEFAULT substr(gen_random_uuid()::text, 1, 8),
      last_id bigint NOT NULL DEFAULT 0,
      published_id bigint NOT NULL DEFAULT 0 CHECK (published_id <= last_id),
      pruned_id bigint NOT NULL DEFAULT 0 CHECK (pruned_id <= published_id)
    )`
  yield* sql`COMMENT ON TABLE event_log IS 'up to which event there are any, Redis has been told, they were deleted'`
  yield* sql`COMMENT ON COLUMN event_log.name IS 'part of its key in Redis, where another record may have left a log'`
  yield* sql`INSERT INTO event_log DEFAULT VALUES`

  yield* sql`
    CREATE FUNCTION tell_booked() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO event_outbox (pnr, kind, passengers, at)
      SELECT a.pnr, CASE a.state WHEN 'WAITLISTED' THEN 'waitlisted' ELSE 'booked' END, 0, a.created_at FROM added a;
      RETURN NULL;
    END
    $$`
  yield* sql`
    CREATE TRIGGER booking_tells AFTER INSERT ON booking REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION tell_booked()`

  yield* sql`
    CREATE FUNCTION tell_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO event_outbox (pnr, kind, passengers, at)
      SELECT n.pnr,
        CASE
          WHEN n.state = 'CANCELLED' THEN 'cancelled'
          WHEN n.state = 'WAITLISTED' THEN 'waitlisted'
          WHEN o.state = 'WAITLISTED' THEN 'promoted'
          WHEN o.state = 'CANCELLED' THEN 'reinstated'
          ELSE 'moved'
        END,
        bit_or(1::smallint << (n.number - 1)), berth_now()
      FROM changed n JOIN was o USING (pnr, number)
      WHERE n.state <> o.state OR (n.state = 'CONFIRMED' AND n.berth <> o.berth)
      GROUP BY 1, 2;
      RETURN NULL;
    END
    $$`
  yield* sql`
    CREATE TRIGGER passenger_tells AFTER UPDATE ON passenger REFERENCING OLD TABLE AS was NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION tell_changed()`

  yield* sql`
    CREATE FUNCTION tell_of_booking() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO event_outbox (pnr, kind, passengers, at) VALUES (NEW.pnr, TG_ARGV[0], 0, berth_now());
      RETURN NULL;
    END
    $$`
  yield* sql`
    CREATE TRIGGER payment_tells AFTER UPDATE ON payment
    FOR EACH ROW WHEN (NEW.state = 'authorised' AND OLD.state <> 'authorised') EXECUTE FUNCTION tell_of_booking('paid')`
  yield* sql`
    CREATE TRIGGER hold_tells AFTER UPDATE ON booking_hold
    FOR EACH ROW WHEN (NEW.state = 'expired' AND OLD.state <> 'expired') EXECUTE FUNCTION tell_of_booking('expired')`

  // As before, but that nothing is written where somebody is named who is not there: it would be told.
  yield* sql`
    CREATE OR REPLACE FUNCTION cancel_booking(which text, for_user text, numbers smallint[]) RETURNS jsonb
    LANGUAGE plpgsql AS $$
    DECLARE
      run bigint;
      run_epoch bigint;
      gone smallint[];
      freed jsonb;
      entry waitlist_entry;
      still_waiting integer;
    BEGIN
      SELECT b.run_id INTO run FROM booking b
      WHERE b.pnr = which AND (for_user IS NULL OR b.user_id = for_user);
      IF run IS NULL THEN
        RETURN NULL;
      END IF;
      PERFORM pg_advisory_xact_lock_shared(run);
      SELECT r.epoch INTO run_epoch FROM run r WHERE r.id = run;
      PERFORM 1 FROM booking b WHERE b.pnr = which FOR UPDATE;

      SELECT array_agg(p.number ORDER BY p.number) INTO gone FROM passenger p
      WHERE p.pnr = which AND p.state <> 'CANCELLED' AND (numbers IS NULL OR p.number = ANY (numbers));
      IF gone IS NULL OR (numbers IS NOT NULL AND NOT gone @> numbers) THEN
        -- Names somebody who is not there or has cancelled before: nothing of it is done.
        RETURN jsonb_build_object('cancelled', '[]'::jsonb, 'runId', run, 'epoch', run_epoch, 'freed', '[]'::jsonb,
          'travelClass', NULL, 'waiting', NULL);
      END IF;
      UPDATE passenger p SET state = 'CANCELLED' WHERE p.pnr = which AND p.number = ANY (gone);

      WITH ended AS (
        UPDATE sale s SET active = false, freeing = true
        FROM passenger p
        WHERE p.pnr = which AND p.number = ANY (gone) AND s.berth = p.berth AND s.active AND s.pnr = which
          AND s.passenger = p.number
        RETURNING s.id, s.berth, s.legs
      )
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', id, 'berth', berth, 'from', lower(legs), 'to', upper(legs)) ORDER BY id), '[]')
      INTO freed FROM ended;

      SELECT count(*) INTO still_waiting FROM passenger p WHERE p.pnr = which AND p.state = 'WAITLISTED';
      UPDATE waitlist_entry w
      SET passengers = still_waiting, leaving = true, state = CASE WHEN still_waiting = 0 THEN 'cancelled' ELSE 'waiting' END
      WHERE w.pnr = which AND w.state = 'waiting'
      RETURNING * INTO entry;

      UPDATE booking b SET state = coalesce((
        SELECT min(p.state) FROM passenger p WHERE p.pnr = which AND p.state <> 'CANCELLED'), 'CANCELLED')
      WHERE b.pnr = which;

      RETURN jsonb_build_object('cancelled', to_jsonb(gone), 'runId', run, 'epoch', run_epoch, 'freed', freed,
        'travelClass', (SELECT b.travel_class FROM booking b WHERE b.pnr = which),
        'waiting', CASE WHEN entry.pnr IS NULL THEN NULL ELSE jsonb_build_object(
          'holdId', entry.hold_id, 'passengers', entry.passengers) END);
    END
    $$`
})
