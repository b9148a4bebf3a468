-- The roles of a Berth database. Run by a superuser in the database, before the first migration; again does no harm.
-- Passwords are set apart (passwords.sh), and what the roles may do with tables is said by the migrator after its
-- migrations (packages/engine/src/ledger/grants.sql). One statement, so that any client can send it.
DO $$
DECLARE
  name text;
  this text := current_database();
BEGIN
  FOREACH name IN ARRAY ARRAY['berth_engine', 'berth_migrator', 'berth_server', 'berth_scheduler', 'berth_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I', name);
    END IF;
    EXECUTE format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', name);
  END LOOP;

  -- What server and scheduler have in common; nobody logs in as it.
  ALTER ROLE berth_engine NOLOGIN;
  GRANT berth_engine TO berth_server, berth_scheduler;

  ALTER ROLE berth_migrator LOGIN CONNECTION LIMIT 4;
  -- Sixteen connections a process: ten servers, two schedulers.
  ALTER ROLE berth_server LOGIN CONNECTION LIMIT 160;
  ALTER ROLE berth_scheduler LOGIN CONNECTION LIMIT 32;
  -- A report that forgets itself must not hold back what vacuum would remove.
  ALTER ROLE berth_reader LOGIN CONNECTION LIMIT 8;
  ALTER ROLE berth_reader SET default_transaction_read_only = on;
  ALTER ROLE berth_reader SET statement_timeout = '60s';
  ALTER ROLE berth_reader SET idle_in_transaction_session_timeout = '60s';

  EXECUTE format('ALTER DATABASE %I OWNER TO berth_migrator', this);
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', this);
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO berth_server, berth_scheduler, berth_reader', this);
  ALTER SCHEMA public OWNER TO berth_migrator;
  REVOKE ALL ON SCHEMA public FROM PUBLIC;
  GRANT USAGE ON SCHEMA public TO berth_engine, berth_reader;
END
$$;
