import { Effect, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import type { FeedStation } from "./FeedStops.ts"
import type { FeedTrain } from "./FeedTrains.ts"
import type { ReportProgress } from "./ImportProgress.ts"
import { exceptionRows, routeStopRows, seatConfigRows, serviceRows, stationRow, trainRow } from "./TimetableRows.ts"

const rowsPerStatementMax = 5_000
/** A trigger makes about a thousand berths for each train. */
const trainsPerConfigStatement = 100

/** Longest that an import waits for another, or for an edit of one of its trains. */
export const lockMillisMax = 120_000

/** The lock of imports, in the key space of two integers, where no run has its own. */
const importLock = { space: 0x6265_7274, key: 1 }

export interface Timetable {
  readonly source: string
  readonly stations: ReadonlyArray<FeedStation>
  readonly trains: ReadonlyArray<FeedTrain>
}

export interface TimetableChanges {
  readonly stationsChanged: number
  readonly routesAdded: number
  readonly trainsAdded: number
  readonly trainsChanged: number
  readonly trainsConfigured: number
  /** Trains that were there before and now run otherwise. */
  readonly trainsRescheduled: ReadonlyArray<string>
}

const decodeIds = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ id: Schema.String })))

/**
 * Brings the tables to what a feed says, in the transaction of the caller. What is equal already is not written, and a
 * train that ever had a seat configuration keeps it.
 */
export const writeTimetable = Effect.fn("TimetableWriter.write")(function*(
  timetable: Timetable,
  report: ReportProgress
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`SELECT set_config('lock_timeout', ${String(lockMillisMax)}, true)`
  yield* sql`SELECT pg_advisory_xact_lock(${importLock.space}::int, ${importLock.key}::int)`
  const { source, stations, trains } = timetable
  const stationsChanged = yield* writeStations(stations, report)
  const routesAdded = yield* writeRoutes(trains, report)
  const { trainsAdded, trainsChanged } = yield* writeTrains(trains, source, report)
  const rescheduled = yield* writeServices(trains, report)
  const trainsConfigured = yield* configureTrains(trains, report)
  yield* sql`SELECT pg_notify('berth_timetable', '')`
  const added = new Set(trainsAdded)
  const changes: TimetableChanges = {
    stationsChanged,
    routesAdded,
    trainsAdded: added.size,
    trainsChanged,
    trainsConfigured,
    trainsRescheduled: rescheduled.filter((id) => !added.has(id))
  }
  return changes
})

/** Runs a statement over rows in batches, each as one JSON text, and answers the ids that it returned. */
const inBatches = Effect.fnUntraced(function*<Row>(
  options: { readonly phase: string; readonly rows: ReadonlyArray<Row>; readonly report: ReportProgress },
  statement: (json: string) => Effect.Effect<ReadonlyArray<unknown>, SqlError.SqlError>
) {
  const { phase, report, rows } = options
  const ids: Array<string> = []
  for (let start = 0; start < rows.length; start += rowsPerStatementMax) {
    yield* report({ phase, done: start, total: rows.length })
    const answer = yield* statement(JSON.stringify(rows.slice(start, start + rowsPerStatementMax)))
    for (const { id } of yield* Effect.orDie(decodeIds(answer))) ids.push(id)
  }
  yield* report({ phase, done: rows.length, total: rows.length })
  return ids
})

const writeStations = Effect.fnUntraced(function*(stations: ReadonlyArray<FeedStation>, report: ReportProgress) {
  const sql = yield* SqlClient.SqlClient
  const changed = yield* inBatches({ phase: "Writing stations", rows: stations.map(stationRow), report }, (json) =>
    sql`
      INSERT INTO station (code, name, latitude, longitude)
      SELECT code, name, latitude, longitude FROM json_to_recordset(${json}::text::json)
        AS s(code text, name text, latitude float8, longitude float8)
      ON CONFLICT (code) DO UPDATE
      SET name = excluded.name, latitude = excluded.latitude, longitude = excluded.longitude
      WHERE (station.name, station.latitude, station.longitude)
        IS DISTINCT FROM (excluded.name, excluded.latitude, excluded.longitude)
      RETURNING code AS id`)
  return changed.length
})

const writeRoutes = Effect.fnUntraced(function*(trains: ReadonlyArray<FeedTrain>, report: ReportProgress) {
  const sql = yield* SqlClient.SqlClient
  const stopsOf = new Map(
    trains.flatMap((train) => train.services.map(({ routeId, stops }) => [routeId, stops] as const))
  )
  const added = yield* inBatches({ phase: "Writing routes", rows: Array.from(stopsOf.keys()), report }, (json) =>
    sql`
      INSERT INTO route (id) SELECT * FROM json_array_elements_text(${json}::text::json)
      ON CONFLICT DO NOTHING RETURNING id`)
  const rows = added.flatMap((routeId) => routeStopRows(routeId, stopsOf.get(routeId) ?? []))
  yield* inBatches({ phase: "Writing stops", rows, report }, (json) =>
    sql`
      INSERT INTO route_stop (route_id, stop_index, station_code, arrival_seconds, departure_seconds, metres)
      SELECT * FROM json_to_recordset(${json}::text::json) AS s(
        route_id text, stop_index smallint, station_code text,
        arrival_seconds integer, departure_seconds integer, metres integer
      )`)
  return added.length
})

const writeTrains = Effect.fnUntraced(function*(
  trains: ReadonlyArray<FeedTrain>,
  source: string,
  report: ReportProgress
) {
  const sql = yield* SqlClient.SqlClient
  const rows = trains.map((train) => trainRow(train, source))
  const changed = yield* inBatches({ phase: "Comparing trains", rows, report }, (json) =>
    sql`
      UPDATE train
      SET name = f.name, train_type = f.train_type, time_zone = f.time_zone, source = f.source
      FROM json_to_recordset(${json}::text::json)
        AS f(id text, name text, train_type text, time_zone text, source text)
      WHERE train.id = f.id AND (train.name, train.train_type, train.time_zone, train.source)
        IS DISTINCT FROM (f.name, f.train_type, f.time_zone, f.source)
      RETURNING train.id`)
  // Not ON CONFLICT: it would take a number from the sequence for every train that is there already.
  const trainsAdded = yield* inBatches({ phase: "Writing trains", rows, report }, (json) =>
    sql`
      INSERT INTO train (id, name, train_type, time_zone, source, composition_derived)
      SELECT f.*, true FROM json_to_recordset(${json}::text::json)
        AS f(id text, name text, train_type text, time_zone text, source text)
      WHERE NOT EXISTS (SELECT FROM train WHERE train.id = f.id)
      RETURNING id`)
  return { trainsAdded, trainsChanged: changed.length }
})

/** Replaces the services of trains that run otherwise than before, and answers those trains. */
const writeServices = Effect.fnUntraced(function*(trains: ReadonlyArray<FeedTrain>, report: ReportProgress) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TEMPORARY TABLE feed_service ON COMMIT DROP AS
    SELECT train_id, service_number, route_id, weekdays, first_date, last_date FROM train_service WITH NO DATA`
  yield* sql`
    CREATE TEMPORARY TABLE feed_exception ON COMMIT DROP AS
    SELECT train_id, service_number, date, runs FROM train_service_exception WITH NO DATA`
  const phase = "Writing running days"
  yield* inBatches({ phase, rows: trains.flatMap(serviceRows), report }, (json) =>
    sql`
      INSERT INTO feed_service SELECT * FROM json_to_recordset(${json}::text::json) AS s(
        train_id text, service_number smallint, route_id text, weekdays smallint, first_date date, last_date date
      )`)
  yield* inBatches({ phase, rows: trains.flatMap(exceptionRows), report }, (json) =>
    sql`
      INSERT INTO feed_exception SELECT * FROM json_to_recordset(${json}::text::json)
        AS s(train_id text, service_number smallint, date date, runs boolean)`)
  yield* sql`
    CREATE TEMPORARY TABLE rescheduled ON COMMIT DROP AS
    WITH service AS (
      SELECT train_id, service_number, route_id, weekdays, first_date, last_date FROM train_service
      WHERE train_id IN (SELECT train_id FROM feed_service)
    ), exception AS (
      SELECT train_id, service_number, date, runs FROM train_service_exception
      WHERE train_id IN (SELECT train_id FROM feed_service)
    )
    SELECT train_id FROM (TABLE feed_service EXCEPT TABLE service) added
    UNION SELECT train_id FROM (TABLE service EXCEPT TABLE feed_service) removed
    UNION SELECT train_id FROM (TABLE feed_exception EXCEPT TABLE exception) added
    UNION SELECT train_id FROM (TABLE exception EXCEPT TABLE feed_exception) removed`
  yield* sql`DELETE FROM train_service WHERE train_id IN (TABLE rescheduled)`
  yield* sql`
    INSERT INTO train_service (train_id, service_number, route_id, weekdays, first_date, last_date)
    SELECT * FROM feed_service WHERE train_id IN (TABLE rescheduled)`
  yield* sql`
    INSERT INTO train_service_exception (train_id, service_number, date, runs)
    SELECT * FROM feed_exception WHERE train_id IN (TABLE rescheduled)`
  const rescheduled = yield* Effect.orDie(decodeIds(yield* sql`SELECT train_id AS id FROM rescheduled ORDER BY 1`))
  return rescheduled.map(({ id }) => id)
})

/** Gives seats to trains that never had any. A train whose operator took all of them away has a version, and keeps it. */
const configureTrains = Effect.fnUntraced(function*(trains: ReadonlyArray<FeedTrain>, report: ReportProgress) {
  const sql = yield* SqlClient.SqlClient
  const ids = JSON.stringify(trains.map(({ id }) => id))
  const answer = yield* sql`
    SELECT id FROM train
    WHERE config_version = 0 AND id IN (SELECT * FROM json_array_elements_text(${ids}::text::json))`
  const unconfigured = new Set((yield* Effect.orDie(decodeIds(answer))).map(({ id }) => id))
  const toConfigure = trains.filter(({ id }) => unconfigured.has(id))
  const phase = "Making berths"
  for (let start = 0; start < toConfigure.length; start += trainsPerConfigStatement) {
    yield* report({ phase, done: start, total: toConfigure.length })
    const rows = toConfigure.slice(start, start + trainsPerConfigStatement).flatMap(seatConfigRows)
    yield* sql`
      INSERT INTO train_seat_config (train_id, travel_class, quota, berth, seat_count)
      SELECT * FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
        AS c(train_id text, travel_class text, quota text, berth text, seat_count integer)`
  }
  yield* report({ phase, done: toConfigure.length, total: toConfigure.length })
  return toConfigure.length
})
