import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * The commit of a batch of bookings, in one round trip. Outcomes, one a booking:
 * `committed`; `duplicate`: the key has its booking already; `fenced`: the run has another epoch or is not open;
 * `late`: its deadline has passed; `withdrawn`: a berth is no longer for sale in that quota; `taken`: a berth is sold.
 */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    CREATE TYPE batch_booking AS (
      "keyHash" text, "holdId" text, "fingerprint" text, "pnr" text, "userId" text, "runId" bigint, "epoch" bigint,
      "deadline" timestamptz, "travelClass" text, "quota" text, "fromStop" smallint, "toStop" smallint,
      "sameCoach" boolean, "lowerBerthsMin" smallint, "waiting" boolean, "passengers" jsonb
    )`
  yield* sql`
    CREATE TYPE batch_passenger AS (
      "number" smallint, "name" text, "age" smallint, "gender" text, "wish" text, "berth" bigint
    )`

  yield* sql`
    CREATE FUNCTION commit_bookings(batch jsonb)
    RETURNS TABLE (pnr text, outcome text, waitlist_number integer, created_at timestamptz, transaction_id text) LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    DECLARE
      at timestamptz := berth_now();
      bookings batch_booking[] := ARRAY(SELECT b FROM jsonb_populate_recordset(NULL::batch_booking, batch) b);
      keyed text[];
      fenced text[];
      late text[];
      fit text[];
      lost text[];
    BEGIN
      -- Locks are taken in the same order everywhere, each kind sorted: keys, fences, bookings, berths.
      WITH added AS (
        INSERT INTO idempotency_key AS k (key_hash, user_id, fingerprint, pnr, created_at)
        SELECT "keyHash", "userId", "fingerprint", "pnr", at FROM unnest(bookings) ORDER BY "keyHash"
        ON CONFLICT DO NOTHING RETURNING k.pnr
      )
      SELECT array_agg(pnr) INTO keyed FROM added;

      PERFORM pg_advisory_xact_lock_shared(id)
      FROM (SELECT DISTINCT "runId" AS id FROM unnest(bookings) ORDER BY 1) runs;

      -- A statement of its own: the one that takes the lock would still see the epoch from before it waited.
      SELECT array_agg(b.pnr) FILTER (WHERE r.id IS NULL),
        array_agg(b.pnr) FILTER (WHERE r.id IS NOT NULL AND b.deadline < at)
      INTO fenced, late
      FROM unnest(bookings) b
      LEFT JOIN run r ON r.id = b."runId" AND r.epoch = b."epoch" AND r.state = 'OPEN'
      WHERE b.pnr = ANY (keyed);

      WITH wanted AS (
        SELECT b.pnr, b."quota", b."travelClass", int4range(b."fromStop", b."toStop") AS legs, p.number, p.berth
        FROM unnest(bookings) b
        CROSS JOIN LATERAL jsonb_populate_recordset(NULL::batch_passenger, b.passengers) p
        WHERE b.pnr = ANY (keyed) AND NOT b.waiting
          AND b.pnr <> ALL (coalesce(fenced, '{}')) AND b.pnr <> ALL (coalesce(late, '{}'))
      ), sold AS (
        INSERT INTO sale AS s (berth, legs, pnr, passenger)
        SELECT w.berth, w.legs, w.pnr, w.number
        FROM wanted w
        -- OFFSET 0 keeps this a look-up by key; joined freely, the planner reads the whole table for a batch.
        CROSS JOIN LATERAL (
          SELECT FROM berth b
          WHERE b.train_number = ((w.berth >> 16) & 4194303)::int AND b.number = (w.berth & 65535)::int
            AND b.active AND b.quota = w."quota" AND b.travel_class = w."travelClass"
          OFFSET 0
        ) for_sale
        ORDER BY w.berth, lower(w.legs)
        ON CONFLICT DO NOTHING RETURNING s.pnr, s.passenger
      ), counted AS (
        SELECT w.pnr, count(*) AS wanted, count(sold.pnr) AS sold
        FROM wanted w LEFT JOIN sold ON sold.pnr = w.pnr AND sold.passenger = w.number
        GROUP BY w.pnr
      )
      SELECT array_agg(pnr) FILTER (WHERE wanted = sold), array_agg(pnr) FILTER (WHERE wanted > sold)
      INTO fit, lost FROM counted;

      IF lost IS NOT NULL THEN
        DELETE FROM sale s USING unnest(bookings) b,
          LATERAL jsonb_populate_recordset(NULL::batch_passenger, b.passengers) p
        WHERE b.pnr = ANY (lost) AND s.berth = p.berth AND s.active AND s.pnr = b.pnr;
      END IF;
      IF lost IS NOT NULL OR fenced IS NOT NULL OR late IS NOT NULL THEN
        DELETE FROM idempotency_key k USING unnest(bookings) b
        WHERE k.key_hash = b."keyHash" AND k.pnr = b.pnr AND b.pnr = ANY (
          coalesce(lost, '{}') || coalesce(fenced, '{}') || coalesce(late, '{}'));
      END IF;

      RETURN QUERY
      WITH kept AS (
        SELECT b.* FROM unnest(bookings) b
        WHERE b.pnr = ANY (keyed) AND b.pnr <> ALL (coalesce(fenced, '{}')) AND b.pnr <> ALL (coalesce(late, '{}'))
          AND (b.waiting OR b.pnr = ANY (fit))
      ), made AS (
        INSERT INTO booking (pnr, run_id, epoch, user_id, travel_class, quota, from_stop, to_stop, same_coach,
          lower_berths_min, state, created_at)
        SELECT pnr, "runId", "epoch", "userId", "travelClass", "quota", "fromStop", "toStop", "sameCoach", "lowerBerthsMin",
          CASE WHEN waiting THEN 'WAITLISTED' ELSE 'CONFIRMED' END, at
        FROM kept ORDER BY pnr
      ), counter AS (
        INSERT INTO waitlist_counter AS c (run_id, travel_class, kind, last_number)
        SELECT "runId", "travelClass", 'GNWL', sum(jsonb_array_length(passengers))
        FROM kept WHERE waiting GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (run_id, travel_class, kind) DO UPDATE SET last_number = c.last_number + excluded.last_number
        RETURNING c.run_id, c.travel_class, c.last_number
      ), queued AS (
        SELECT k.pnr, k."runId", k."travelClass", k."holdId", jsonb_array_length(k.passengers) AS passengers,
          (c.last_number - sum(jsonb_array_length(k.passengers)) OVER (
            PARTITION BY k."runId", k."travelClass" ORDER BY k.pnr
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) + 1)::int AS first_number
        FROM kept k JOIN counter c ON c.run_id = k."runId" AND c.travel_class = k."travelClass"
        WHERE k.waiting
      ), waits AS (
        INSERT INTO waitlist_entry (pnr, run_id, travel_class, kind, number, passengers, hold_id, state)
        SELECT pnr, "runId", "travelClass", 'GNWL', first_number, passengers, "holdId", 'waiting' FROM queued
      ), travellers AS (
        INSERT INTO passenger (pnr, number, name, age, gender, wish, state, berth, waitlist_number)
        SELECT k.pnr, p.number, p.name, p.age, p.gender, p.wish,
          CASE WHEN k.waiting THEN 'WAITLISTED' ELSE 'CONFIRMED' END, p.berth, q.first_number + p.number - 1
        FROM kept k
        CROSS JOIN LATERAL jsonb_populate_recordset(NULL::batch_passenger, k.passengers) p
        LEFT JOIN queued q USING (pnr)
      )
      SELECT b.pnr,
        CASE
          WHEN b.pnr <> ALL (coalesce(keyed, '{}')) THEN 'duplicate'
          WHEN b.pnr = ANY (fenced) THEN 'fenced'
          WHEN b.pnr = ANY (late) THEN 'late'
          WHEN b.pnr = ANY (lost) THEN CASE WHEN EXISTS (
            SELECT FROM jsonb_populate_recordset(NULL::batch_passenger, b.passengers) p
            WHERE NOT EXISTS (
              SELECT FROM berth x
              WHERE x.train_number = ((p.berth >> 16) & 4194303)::int AND x.number = (p.berth & 65535)::int
                AND x.active AND x.quota = b."quota")) THEN 'withdrawn' ELSE 'taken' END
          ELSE 'committed'
        END,
        q.first_number,
        at,
        pg_current_xact_id()::text
      FROM unnest(bookings) b LEFT JOIN queued q ON q.pnr = b.pnr;
    END
    $$`
})
