import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Stations, routes, trains, their calendars, runs, and the clock that the business goes by. */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`CREATE EXTENSION IF NOT EXISTS btree_gist`

  // Business time. Only tests and simulations ever move the shift.
  yield* sql`
    CREATE TABLE store_clock (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      shift interval NOT NULL DEFAULT '0'
    )`
  yield* sql`INSERT INTO store_clock DEFAULT VALUES`
  yield* sql`
    CREATE FUNCTION berth_now() RETURNS timestamptz LANGUAGE sql STABLE
    RETURN now() + (SELECT shift FROM store_clock)`

  yield* sql`
    CREATE TABLE station (
      code text PRIMARY KEY CHECK (code ~ '^[A-Za-z0-9._:-]{1,32}$'),
      name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
      latitude double precision CHECK (latitude BETWEEN -90 AND 90),
      longitude double precision CHECK (longitude BETWEEN -180 AND 180)
    )`

  // A route never changes: its id is the hash of its content, and runs point at it.
  yield* sql`CREATE TABLE route (id text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{64}$'))`
  yield* sql`
    CREATE TABLE route_stop (
      route_id text NOT NULL REFERENCES route,
      stop_index smallint NOT NULL CHECK (stop_index BETWEEN 0 AND 255),
      station_code text NOT NULL REFERENCES station,
      arrival_seconds integer NOT NULL CHECK (arrival_seconds >= 0),
      departure_seconds integer NOT NULL CHECK (departure_seconds >= arrival_seconds),
      metres integer NOT NULL CHECK (metres >= 0),
      PRIMARY KEY (route_id, stop_index)
    )`
  yield* sql`COMMENT ON COLUMN route_stop.arrival_seconds IS
    'since midnight of the journey day in the time zone of the train; above 86400 on later days'`
  yield* sql`CREATE INDEX route_stop_station ON route_stop (station_code)`

  // 22 bits of a run's id are the train's number.
  yield* sql`
    CREATE TABLE train (
      id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9._-]{1,32}$'),
      number integer NOT NULL UNIQUE GENERATED ALWAYS AS IDENTITY CHECK (number BETWEEN 1 AND 4194303),
      name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
      train_type text NOT NULL CHECK (length(train_type) <= 60),
      time_zone text NOT NULL,
      source text NOT NULL CHECK (length(source) <= 200),
      composition_derived boolean NOT NULL,
      config_version bigint NOT NULL DEFAULT 0
    )`
  yield* sql`COMMENT ON COLUMN train.source IS 'who published this timetable, for example sample data'`
  yield* sql`
    CREATE TABLE train_service (
      train_id text NOT NULL REFERENCES train,
      service_number smallint NOT NULL,
      route_id text NOT NULL REFERENCES route,
      weekdays smallint NOT NULL CHECK (weekdays BETWEEN 0 AND 127),
      first_date date NOT NULL,
      last_date date NOT NULL CHECK (last_date >= first_date),
      PRIMARY KEY (train_id, service_number)
    )`
  yield* sql`COMMENT ON COLUMN train_service.weekdays IS 'bit 0 Monday to bit 6 Sunday'`
  yield* sql`CREATE INDEX train_service_route ON train_service (route_id)`
  yield* sql`
    CREATE TABLE train_service_exception (
      train_id text NOT NULL,
      service_number smallint NOT NULL,
      date date NOT NULL,
      runs boolean NOT NULL,
      PRIMARY KEY (train_id, service_number, date),
      FOREIGN KEY (train_id, service_number) REFERENCES train_service ON DELETE CASCADE
    )`

  yield* sql`
    CREATE TABLE run (
      id bigint PRIMARY KEY,
      train_id text NOT NULL REFERENCES train,
      train_number integer NOT NULL,
      date date NOT NULL,
      route_id text NOT NULL REFERENCES route,
      epoch bigint NOT NULL DEFAULT 0,
      applied_version bigint NOT NULL DEFAULT 0,
      state text NOT NULL DEFAULT 'NEW' CHECK (state IN ('NEW', 'REBUILDING', 'OPEN', 'CLOSED')),
      UNIQUE (train_id, date),
      CHECK (id = (date - DATE '2020-01-01')::bigint * 4194304 + train_number)
    ) WITH (fillfactor = 70)`
  yield* sql`COMMENT ON COLUMN run.applied_version IS 'the seat configuration that Redis was last told of'`
  yield* sql`CREATE INDEX run_date ON run (date)`
  yield* sql`CREATE INDEX run_route ON run (route_id, date)`
})
