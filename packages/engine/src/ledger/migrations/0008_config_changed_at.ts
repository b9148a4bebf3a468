import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** When a train's seats were last edited, so that the time until Redis shows it can be measured. */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`ALTER TABLE train ADD COLUMN config_changed_at timestamptz`
  yield* sql`COMMENT ON COLUMN train.config_changed_at IS 'real time, not business time: a duration is measured from it'`
  yield* sql`
    CREATE FUNCTION config_version_raised() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.config_changed_at := clock_timestamp();
      RETURN NEW;
    END
    $$`
  yield* sql`
    CREATE TRIGGER config_version_raised BEFORE UPDATE OF config_version ON train
    FOR EACH ROW WHEN (NEW.config_version > OLD.config_version) EXECUTE FUNCTION config_version_raised()`
})
