import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * What was sold, to whom, and who waits.
 *
 * `sale` and `booking` have no foreign key to `run` or `coach_class`: checking one locks the row that all bookings share,
 * and the commit has read the run and the berths already.
 */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  // A server takes serials a thousand at a time and turns them into PNRs with this key.
  yield* sql`CREATE SEQUENCE pnr_serial MINVALUE 0 START 0 INCREMENT 1000 MAXVALUE 8999999000`
  yield* sql`
    CREATE TABLE pnr_key (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      key integer[] NOT NULL CHECK (cardinality(key) = 8)
    )`
  yield* sql`
    INSERT INTO pnr_key (key)
    SELECT array_agg(('x' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 8))::bit(32)::integer)
    FROM generate_series(1, 8)`

  yield* sql`
    CREATE TABLE booking (
      pnr text PRIMARY KEY CHECK (pnr ~ '^[1-9][0-9]{9}$'),
      run_id bigint NOT NULL,
      epoch bigint NOT NULL,
      user_id text NOT NULL CHECK (length(user_id) BETWEEN 1 AND 64),
      travel_class text NOT NULL,
      quota text NOT NULL,
      from_stop smallint NOT NULL CHECK (from_stop >= 0),
      to_stop smallint NOT NULL,
      same_coach boolean NOT NULL,
      lower_berths_min smallint NOT NULL CHECK (lower_berths_min BETWEEN 0 AND 6),
      state text NOT NULL CHECK (state IN ('CONFIRMED', 'WAITLISTED', 'CANCELLED')),
      created_at timestamptz NOT NULL,
      CHECK (to_stop > from_stop)
    ) WITH (fillfactor = 90)`
  yield* sql`COMMENT ON COLUMN booking.epoch IS 'of the run when Redis last gave this booking berths or let it wait'`
  yield* sql`CREATE INDEX booking_user ON booking (user_id, created_at DESC, pnr DESC)`
  yield* sql`CREATE INDEX booking_run ON booking (run_id)`

  yield* sql`
    CREATE TABLE passenger (
      pnr text NOT NULL REFERENCES booking,
      number smallint NOT NULL CHECK (number BETWEEN 1 AND 6),
      name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
      age smallint NOT NULL CHECK (age BETWEEN 0 AND 125),
      gender text CHECK (gender IN ('M', 'F', 'T')),
      wish text,
      state text NOT NULL CHECK (state IN ('CONFIRMED', 'WAITLISTED', 'CANCELLED')),
      berth bigint,
      waitlist_number integer CHECK (waitlist_number > 0),
      PRIMARY KEY (pnr, number),
      CHECK (state <> 'CONFIRMED' OR berth IS NOT NULL),
      CHECK (state <> 'WAITLISTED' OR (berth IS NULL AND waitlist_number IS NOT NULL))
    ) WITH (fillfactor = 90)`
  yield* sql`COMMENT ON COLUMN passenger.waitlist_number IS 'given at booking to whoever had to wait, and kept'`

  // berth: journey day, train, class and slot in one number (domain/RunId.ts), so that the constraint compares one value.
  // places: [0,2) is the whole berth; [0,1) and [1,2) are the two seats of a berth shared under RAC.
  yield* sql`
    CREATE TABLE sale (
      id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      berth bigint NOT NULL,
      places int4range NOT NULL DEFAULT '[0,2)' CHECK (places <@ '[0,2)'::int4range AND NOT isempty(places)),
      legs int4range NOT NULL CHECK (NOT isempty(legs) AND lower(legs) >= 0 AND upper(legs) <= 256),
      active boolean NOT NULL DEFAULT true,
      freeing boolean NOT NULL DEFAULT false CHECK (NOT (active AND freeing)),
      pnr text NOT NULL,
      passenger smallint NOT NULL,
      EXCLUDE USING gist (berth WITH =, places WITH &&, legs WITH &&) WHERE (active)
    ) WITH (fillfactor = 90)`
  yield* sql`COMMENT ON COLUMN sale.freeing IS 'cancelled, and Redis has not confirmed yet that it freed the legs'`
  yield* sql`CREATE INDEX sale_freeing ON sale (id) WHERE freeing`

  yield* sql`
    CREATE TABLE waitlist_counter (
      run_id bigint NOT NULL,
      travel_class text NOT NULL,
      kind text NOT NULL CHECK (kind IN ('GNWL', 'RLWL', 'PQWL', 'RSWL', 'TQWL')),
      last_number integer NOT NULL CHECK (last_number > 0),
      PRIMARY KEY (run_id, travel_class, kind)
    )`
  yield* sql`
    CREATE TABLE waitlist_entry (
      pnr text PRIMARY KEY REFERENCES booking,
      run_id bigint NOT NULL,
      travel_class text NOT NULL,
      kind text NOT NULL,
      number integer NOT NULL CHECK (number > 0),
      passengers smallint NOT NULL CHECK (passengers BETWEEN 0 AND 6),
      hold_id text NOT NULL,
      state text NOT NULL CHECK (state IN ('waiting', 'promoted', 'cancelled')),
      leaving boolean NOT NULL DEFAULT false,
      UNIQUE (run_id, travel_class, kind, number),
      CHECK (state <> 'waiting' OR passengers > 0)
    )`
  yield* sql`COMMENT ON COLUMN waitlist_entry.leaving IS 'some cancelled, and Redis has not confirmed that fewer wait'`
  yield* sql`CREATE INDEX waitlist_leaving ON waitlist_entry (pnr) WHERE leaving`
  yield* sql`
    CREATE INDEX waitlist_waiting ON waitlist_entry (run_id, travel_class, kind, number) WHERE state = 'waiting'`

  yield* sql`
    CREATE TABLE idempotency_key (
      key_hash text PRIMARY KEY CHECK (length(key_hash) BETWEEN 16 AND 64),
      user_id text NOT NULL,
      fingerprint text NOT NULL,
      pnr text NOT NULL,
      created_at timestamptz NOT NULL
    )`
  yield* sql`COMMENT ON TABLE idempotency_key IS 'one row a booking; key_hash is made of the user and the key'`
  yield* sql`CREATE INDEX idempotency_key_created ON idempotency_key USING brin (created_at)`
})
