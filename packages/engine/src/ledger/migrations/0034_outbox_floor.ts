import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Numbering events does not pass over what was numbered before. Rows that were deleted stay in `event_outbox` and its index
 * until the next vacuum, 170,000 of them at 2,900 bookings a second, and each look went through them all, three times.
 *
 * `outbox_floor` is an id below which nothing comes any more. It is raised in two steps: `fenced_id` is an id that had been
 * given when the transaction `fence` began, so that whoever may still write a row up to it is older than that; when all
 * older ones have ended, and what they wrote is numbered, the floor is above it. A transaction that writes for long keeps the
 * floor where it is and holds back no event.
 *
 * Looking up a booking's run and passengers was a third of the rest: a new booking tells its run, and the highest of the
 * passengers' numbers tells them all.
 */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    ALTER TABLE event_log
      ADD COLUMN outbox_floor bigint NOT NULL DEFAULT 0,
      ADD COLUMN fenced_id bigint NOT NULL DEFAULT 0,
      ADD COLUMN fence xid8 NOT NULL DEFAULT '0'`
  yield* sql`COMMENT ON COLUMN event_log.outbox_floor IS 'no event will be written to event_outbox below this id'`
  yield* sql`COMMENT ON COLUMN event_log.fenced_id IS 'nor up to this one, when all transactions before "fence" have ended'`

  yield* sql`ALTER TABLE event_outbox ADD COLUMN run_id bigint`
  yield* sql`COMMENT ON COLUMN event_outbox.run_id IS 'none: it is looked up'`
  yield* sql`
    CREATE OR REPLACE FUNCTION tell_booked() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO event_outbox (pnr, run_id, kind, passengers, at)
      SELECT a.pnr, a.run_id, CASE a.state WHEN 'WAITLISTED' THEN 'waitlisted' ELSE 'booked' END, 0, a.created_at
      FROM added a;
      RETURN NULL;
    END
    $$`

  // As before, but for where it looks. Triggers write to the outbox after the row that they tell of: by the time a
  // transaction takes an id there, it has an id of its own.
  yield* sql`
    CREATE OR REPLACE FUNCTION log_events(events_max integer) RETURNS integer LANGUAGE plpgsql
    -- The planner takes the outbox for empty, and reading all that was deleted from it for cheap.
    SET enable_seqscan = off AS $$
    DECLARE
      log event_log;
      given bigint;
      now_under_way xid8;
      upto bigint;
      moved integer;
    BEGIN
      IF NOT EXISTS (SELECT FROM event_outbox o WHERE o.id >= (SELECT l.outbox_floor FROM event_log l)) THEN
        RETURN 0;
      END IF;
      -- Before this transaction has an id, so that whoever was given one of these is older.
      IF pg_current_xact_id_if_assigned() IS NULL THEN
        SELECT s.last_value INTO given FROM event_outbox_id_seq s WHERE s.is_called;
      END IF;
      SELECT * INTO log FROM event_log l FOR UPDATE SKIP LOCKED;
      IF log.last_id IS NULL THEN
        RETURN 0;
      END IF;
      -- Before the outbox is looked at: what those who have ended by now wrote is seen there.
      now_under_way := pg_snapshot_xmin(pg_current_snapshot());

      WITH taken AS (
        DELETE FROM event_outbox o
        WHERE o.id >= log.outbox_floor AND o.id <= (SELECT max(x.id) FROM (
          SELECT y.id FROM event_outbox y WHERE y.id >= log.outbox_floor ORDER BY y.id LIMIT events_max) x)
        RETURNING o.*
      ), logged AS (
        INSERT INTO event (id, pnr, run_id, kind, passengers, at)
        SELECT log.last_id + row_number() OVER (ORDER BY t.id), t.pnr,
          coalesce(t.run_id, (SELECT b.run_id FROM booking b WHERE b.pnr = t.pnr)),
          CASE WHEN t.kind IN ('booked', 'waitlisted') AND t.passengers = 0
            AND (SELECT true FROM booking_hold h WHERE h.pnr = t.pnr) THEN 'held' ELSE t.kind END,
          -- Passengers have the numbers from 1 up.
          CASE t.passengers WHEN 0 THEN (
            SELECT (1 << p.number) - 1 FROM passenger p WHERE p.pnr = t.pnr ORDER BY p.number DESC LIMIT 1)
            ELSE t.passengers END,
          t.at
        FROM taken t
        RETURNING 1
      )
      SELECT (SELECT count(*) FROM logged), (SELECT max(t.id) FROM taken t) INTO moved, upto;

      IF EXISTS (SELECT FROM webhook) THEN
        INSERT INTO webhook_delivery (event_id, webhook_id, pnr, due_at)
        SELECT e.id, w.id, e.pnr, berth_now()
        FROM event e
        CROSS JOIN LATERAL (SELECT x.user_id FROM booking x WHERE x.pnr = e.pnr OFFSET 0) b
        JOIN webhook w ON w.scope = 'all' OR w.user_id = b.user_id
        WHERE e.id > log.last_id;
      END IF;

      -- A fence that is still to come is of another cluster, from which this record was restored: none of its
      -- transactions is under way here.
      IF given IS NOT NULL AND (now_under_way >= log.fence OR log.fence > pg_current_xact_id())
        AND (moved < events_max OR upto >= log.fenced_id)
      THEN
        log.outbox_floor := log.fenced_id + 1;
        log.fenced_id := given;
        log.fence := pg_current_xact_id();
      END IF;
      UPDATE event_log l
      SET last_id = l.last_id + moved, outbox_floor = log.outbox_floor, fenced_id = log.fenced_id, fence = log.fence;
      RETURN moved;
    END
    $$`
})
