import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Who is told of events by a call of theirs, and what is still to be told; and the functions that log events. */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    CREATE TABLE webhook (
      id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      user_id text NOT NULL REFERENCES account,
      url text NOT NULL CHECK (length(url) BETWEEN 1 AND 500),
      scope text NOT NULL CHECK (scope IN ('own', 'all')),
      secret bytea NOT NULL CHECK (length(secret) = 32),
      created_at timestamptz NOT NULL DEFAULT berth_now()
    )`
  yield* sql`COMMENT ON COLUMN webhook.scope IS 'own: of bookings that this person made; all: of every booking'`
  yield* sql`COMMENT ON COLUMN webhook.secret IS 'signs; read by the scheduler alone'`
  yield* sql`CREATE INDEX webhook_user ON webhook (user_id)`

  // What has arrived is deleted: what is here is to be told, or was given up.
  yield* sql`
    CREATE TABLE webhook_delivery (
      event_id bigint NOT NULL REFERENCES event ON DELETE CASCADE,
      webhook_id bigint NOT NULL REFERENCES webhook ON DELETE CASCADE,
      pnr text NOT NULL,
      attempts smallint NOT NULL DEFAULT 0,
      due_at timestamptz NOT NULL,
      dead boolean NOT NULL DEFAULT false,
      failure text CHECK (length(failure) <= 300),
      PRIMARY KEY (event_id, webhook_id)
    )`
  yield* sql`COMMENT ON COLUMN webhook_delivery.due_at IS 'not before; while it is being told, when another may try'`
  yield* sql`CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, due_at) WHERE NOT dead`
  yield* sql`CREATE INDEX webhook_delivery_turn ON webhook_delivery (webhook_id, pnr, event_id) WHERE NOT dead`
  yield* sql`CREATE INDEX webhook_delivery_dead ON webhook_delivery (webhook_id, event_id) WHERE dead`

  // Whoever may no longer see every booking is no longer told of it; who is gone is told nothing.
  yield* sql`
    CREATE FUNCTION end_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM webhook w WHERE w.user_id = NEW.user_id
        AND (NEW.erased_at IS NOT NULL OR (w.scope = 'all' AND NEW.role NOT IN ('operator', 'admin')));
      RETURN NULL;
    END
    $$`
  yield* sql`
    CREATE TRIGGER account_ends_webhooks AFTER UPDATE OF role, erased_at ON account
    FOR EACH ROW EXECUTE FUNCTION end_webhooks()`

  // The row's lock lets one caller at a time number; the others have nothing to do. The lock comes in a statement of its
  // own: the one that takes it would still see what was there before it waited.
  yield* sql`
    CREATE FUNCTION log_events(events_max integer) RETURNS integer LANGUAGE plpgsql AS $$
    DECLARE
      last bigint;
      moved integer;
    BEGIN
      IF NOT EXISTS (SELECT FROM event_outbox) THEN
        RETURN 0;
      END IF;
      SELECT l.last_id INTO last FROM event_log l FOR UPDATE SKIP LOCKED;
      IF last IS NULL THEN
        RETURN 0;
      END IF;
      WITH taken AS (
        DELETE FROM event_outbox o
        WHERE o.id <= (SELECT max(x.id) FROM (SELECT id FROM event_outbox ORDER BY id LIMIT events_max) x) RETURNING o.*
      )
      INSERT INTO event (id, pnr, run_id, kind, passengers, at)
      SELECT last + row_number() OVER (ORDER BY t.id), t.pnr, b.run_id,
        CASE WHEN t.kind IN ('booked', 'waitlisted') AND t.passengers = 0
          AND (SELECT true FROM booking_hold h WHERE h.pnr = t.pnr) THEN 'held' ELSE t.kind END,
        CASE t.passengers WHEN 0 THEN (
          SELECT coalesce(bit_or(1::smallint << (p.number - 1)), 0::smallint) FROM passenger p WHERE p.pnr = t.pnr)
          ELSE t.passengers END,
        t.at
      -- OFFSET 0 keeps these look-ups by key; joined freely, the planner reads the whole table for a batch.
      FROM taken t CROSS JOIN LATERAL (SELECT x.run_id FROM booking x WHERE x.pnr = t.pnr OFFSET 0) b;
      GET DIAGNOSTICS moved = ROW_COUNT;
      IF EXISTS (SELECT FROM webhook) THEN
        INSERT INTO webhook_delivery (event_id, webhook_id, pnr, due_at)
        SELECT e.id, w.id, e.pnr, berth_now()
        FROM event e
        CROSS JOIN LATERAL (SELECT x.user_id FROM booking x WHERE x.pnr = e.pnr OFFSET 0) b
        JOIN webhook w ON w.scope = 'all' OR w.user_id = b.user_id
        WHERE e.id > last;
      END IF;
      UPDATE event_log l SET last_id = l.last_id + moved;
      RETURN moved;
    END
    $$`

  yield* sql`
    CREATE FUNCTION prune_events(older_than interval, events_max integer) RETURNS integer LANGUAGE plpgsql AS $$
    DECLARE
      last bigint;
      pruned integer;
    BEGIN
      SELECT max(e.id) INTO last FROM (
        SELECT x.id, x.at FROM event x JOIN event_log l ON x.id <= l.published_id ORDER BY x.id LIMIT events_max
      ) e WHERE e.at < berth_now() - older_than;
      DELETE FROM event e WHERE e.id <= last;
      GET DIAGNOSTICS pruned = ROW_COUNT;
      UPDATE event_log l SET pruned_id = greatest(l.pruned_id, last) WHERE pruned > 0;
      RETURN pruned;
    END
    $$`

  // Of each booking and webhook the eldest, if it is due; for a while this caller's alone. By webhook, so that one to which
  // much is due does not keep the others waiting.
  yield* sql`
    CREATE FUNCTION claim_deliveries(deliveries_max integer, each_max integer, busy bigint[], lease interval)
    RETURNS SETOF webhook_delivery LANGUAGE sql AS $$
      WITH due AS MATERIALIZED (
        SELECT r.event_id, r.webhook_id FROM webhook w CROSS JOIN LATERAL (
          SELECT d.event_id, d.webhook_id FROM webhook_delivery d
          WHERE d.webhook_id = w.id AND NOT d.dead AND d.due_at <= berth_now() AND NOT EXISTS (
            SELECT FROM webhook_delivery e
            WHERE e.webhook_id = d.webhook_id AND e.pnr = d.pnr AND NOT e.dead AND e.event_id < d.event_id)
          ORDER BY d.due_at LIMIT each_max FOR UPDATE OF d SKIP LOCKED
        ) r
        WHERE w.id <> ALL (busy) LIMIT deliveries_max
      )
      UPDATE webhook_delivery d SET attempts = d.attempts + 1, due_at = berth_now() + lease
      FROM due WHERE d.event_id = due.event_id AND d.webhook_id = due.webhook_id
      RETURNING d.*
    $$`

  // Ever later, not all at once; after the last attempt it is a dead letter. Only who tried last may say so.
  yield* sql`
    CREATE FUNCTION note_delivery_failed(
      of_event bigint, to_webhook bigint, attempt integer, why text, attempts_max integer, first interval, longest interval
    ) RETURNS boolean LANGUAGE sql AS $$
      UPDATE webhook_delivery d SET failure = left(why, 300), dead = attempt >= attempts_max,
        due_at = berth_now() + least(first * 4 ^ (attempt - 1), longest) * (0.75 + random() / 2)
      WHERE d.event_id = of_event AND d.webhook_id = to_webhook AND d.attempts = attempt AND NOT d.dead
      RETURNING d.dead
    $$`
})
