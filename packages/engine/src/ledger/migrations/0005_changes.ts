import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Cancelling, and giving berths to those who waited; each one round trip, with the locks in the order of a booking. */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  // Null where there is no such booking, or it is another's (`for_user` null: anybody's).
  yield* sql`
    CREATE FUNCTION cancel_booking(which text, for_user text, numbers smallint[]) RETURNS jsonb LANGUAGE plpgsql AS $$
    DECLARE
      run bigint;
      run_epoch bigint;
      at timestamptz := berth_now();
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

      WITH changed AS (
        UPDATE passenger p SET state = 'CANCELLED'
        WHERE p.pnr = which AND p.state <> 'CANCELLED' AND (numbers IS NULL OR p.number = ANY (numbers))
        RETURNING p.number
      )
      SELECT array_agg(number ORDER BY number) INTO gone FROM changed;
      IF gone IS NULL OR (numbers IS NOT NULL AND NOT gone @> numbers) THEN
        -- Named somebody who is not there or has cancelled before: nothing of it is done.
        UPDATE passenger p SET state = CASE WHEN p.berth IS NULL THEN 'WAITLISTED' ELSE 'CONFIRMED' END
        WHERE p.pnr = which AND p.number = ANY (gone);
        RETURN jsonb_build_object('cancelled', '[]'::jsonb, 'runId', run, 'epoch', run_epoch, 'freed', '[]'::jsonb,
          'travelClass', NULL, 'waiting', NULL);
      END IF;

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

  // Outcomes: committed; gone: no longer waiting as it was; fenced; late; lost: a berth is sold or not for sale.
  yield* sql`
    CREATE TYPE batch_promotion AS (
      "pnr" text, "runId" bigint, "epoch" bigint, "deadline" timestamptz, "seats" jsonb
    )`
  yield* sql`CREATE TYPE batch_seat AS ("number" smallint, "berth" bigint)`
  yield* sql`
    CREATE FUNCTION commit_promotion(promotion jsonb) RETURNS TABLE (outcome text, transaction_id text)
    LANGUAGE plpgsql AS $$
    DECLARE
      p batch_promotion := jsonb_populate_record(NULL::batch_promotion, promotion);
      seats batch_seat[] := ARRAY(SELECT s FROM jsonb_populate_recordset(NULL::batch_seat, p.seats) s);
      b booking;
      sold integer;
      result text;
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(p."runId");
      result := CASE
        WHEN NOT EXISTS (SELECT FROM run r WHERE r.id = p."runId" AND r.epoch = p."epoch" AND r.state = 'OPEN')
          THEN 'fenced'
        WHEN p.deadline < berth_now() THEN 'late'
      END;
      IF result IS NULL THEN
        SELECT * INTO b FROM booking WHERE pnr = p.pnr FOR UPDATE;
        IF ARRAY(SELECT number FROM unnest(seats) ORDER BY number) IS DISTINCT FROM ARRAY(
          SELECT x.number FROM passenger x WHERE x.pnr = p.pnr AND x.state = 'WAITLISTED' ORDER BY x.number)
        THEN
          result := 'gone';
        END IF;
      END IF;
      IF result IS NULL THEN
        WITH made AS (
          INSERT INTO sale AS s (berth, legs, pnr, passenger)
          SELECT w.berth, int4range(b.from_stop, b.to_stop), p.pnr, w.number
          FROM unnest(seats) w
          JOIN berth x ON x.train_number = ((w.berth >> 16) & 4194303)::int AND x.number = (w.berth & 65535)::int
            AND x.active AND x.quota = b.quota AND x.travel_class = b.travel_class
          ORDER BY w.berth ON CONFLICT DO NOTHING RETURNING s.id
        )
        SELECT count(*) INTO sold FROM made;
        IF sold < cardinality(seats) THEN
          DELETE FROM sale s USING unnest(seats) w WHERE s.berth = w.berth AND s.active AND s.pnr = p.pnr;
          result := 'lost';
        END IF;
      END IF;
      IF result IS NULL THEN
        UPDATE passenger x SET state = 'CONFIRMED', berth = w.berth
        FROM unnest(seats) w WHERE x.pnr = p.pnr AND x.number = w.number;
        UPDATE waitlist_entry w SET state = 'promoted', passengers = 0 WHERE w.pnr = p.pnr;
        UPDATE booking x SET state = 'CONFIRMED', epoch = p."epoch" WHERE x.pnr = p.pnr;
        result := 'committed';
      END IF;
      RETURN QUERY SELECT result, pg_current_xact_id()::text;
    END
    $$`
})
