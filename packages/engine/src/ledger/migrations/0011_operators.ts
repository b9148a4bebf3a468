import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** What those who run the trains need: a trail that nobody rewrites, edits that are one version each, closed accounts. */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    CREATE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the audit trail is only ever added to' USING ERRCODE = 'insufficient_privilege';
    END
    $$`
  yield* sql`
    CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to()`
  yield* sql`CREATE INDEX audit_user ON audit (user_id, id)`
  yield* sql`CREATE INDEX audit_subject ON audit (subject, id)`

  // Several statements of one transaction, and the inserts, updates and deletes of one MERGE, are one edit to everybody
  // else. The transaction's time is in it because ids of transactions begin again where a database is restored.
  yield* sql`ALTER TABLE train ADD COLUMN config_edit text`
  yield* sql`COMMENT ON COLUMN train.config_edit IS 'the transaction that raised config_version last'`
  yield* sql`
    CREATE FUNCTION config_version_once() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      edit text := pg_current_xact_id()::text || ' ' || now()::text;
    BEGIN
      IF OLD.config_edit = edit THEN
        NEW.config_version := OLD.config_version;
      END IF;
      NEW.config_edit := edit;
      RETURN NEW;
    END
    $$`
  yield* sql`
    CREATE TRIGGER config_version_once BEFORE UPDATE OF config_version ON train
    FOR EACH ROW WHEN (NEW.config_version > OLD.config_version) EXECUTE FUNCTION config_version_once()`

  // A batch in which staff books for others ("bookedBy"); others go to commit_bookings itself.
  yield* sql`
    CREATE FUNCTION commit_bookings_for_others(batch jsonb)
    RETURNS TABLE (pnr text, outcome text, waitlist_number integer, created_at timestamptz, transaction_id text) LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    BEGIN
      RETURN QUERY
      WITH outcomes AS MATERIALIZED (
        SELECT c.pnr, c.outcome, c.waitlist_number, c.created_at, c.transaction_id FROM commit_bookings(batch) c
      ), trail AS (
        INSERT INTO audit (user_id, action, subject, details)
        SELECT b."bookedBy", 'book for another', b.pnr, jsonb_build_object('userId', b."userId")
        FROM jsonb_to_recordset(batch) AS b(pnr text, "bookedBy" text, "userId" text)
        JOIN outcomes o ON o.pnr = b.pnr AND o.outcome = 'committed'
        WHERE b."bookedBy" IS NOT NULL
        ORDER BY b.pnr
      )
      SELECT o.pnr, o.outcome, o.waitlist_number, o.created_at, o.transaction_id FROM outcomes o;
    END
    $$`

  yield* sql`ALTER TABLE account ADD COLUMN erased_at timestamptz`
  yield* sql`COMMENT ON COLUMN account.erased_at IS 'closed for good: the names are gone, nobody signs in again'`
})
