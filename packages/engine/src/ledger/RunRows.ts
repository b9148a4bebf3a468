import { JourneyDate } from "@berth/domain/JourneyDate"
import { bookingWindowDays } from "@berth/domain/rules/BookingWindow"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TrainId } from "@berth/domain/TrainId"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { maintenance } from "./Database.ts"
import { fromStore } from "./LedgerError.ts"

/** A run with what must be known of it to change it in Redis. */
export const RunForRedis = Schema.Struct({
  id: Schema.Int,
  trainId: TrainId,
  trainNumber: Schema.Int,
  date: JourneyDate,
  epoch: Schema.Int,
  legs: Schema.Int,
  /** Version of the train's seat configuration. */
  version: Schema.Int
})
export type RunForRedis = typeof RunForRedis.Type

const RunBehind = Schema.Struct({
  ...RunForRedis.fields,
  /** How long ago the train was last edited, seconds of real time; null where it never was. */
  editedSecondsAgo: Schema.NullOr(Schema.Finite)
})
export type RunBehind = typeof RunBehind.Type

const OpenRun = Schema.Struct({ id: Schema.Int, booked: Schema.Boolean })
export type OpenRun = typeof OpenRun.Type

/** The rows of runs: made for the booking window, found, brought up to date. */
export class RunRows extends Context.Service<RunRows, {
  /** Makes the runs of the booking window that are not there yet, and answers how many. */
  readonly makeWindow: Effect.Effect<number, StoreUnavailable>
  /** Runs that Redis does not have: new ones and those whose rebuilding was not finished; the soonest first. */
  unloaded(limit: number): Effect.Effect<ReadonlyArray<number>, StoreUnavailable>
  /** Every run that is on sale, the soonest first. */
  readonly onSale: Effect.Effect<ReadonlyArray<number>, StoreUnavailable>
  /** The same with their names, in no order. */
  readonly onSaleNamed: Effect.Effect<ReadonlyArray<typeof NamedRun.Type>, StoreUnavailable>
  /** Runs that Redis should have, by their numbers: the next ones after a number, and whether anybody has booked them. */
  openAfter(runId: number, limit: number): Effect.Effect<ReadonlyArray<OpenRun>, StoreUnavailable>
  /** The days it is in the time zones of all trains; another text when one of them has passed midnight. */
  readonly today: Effect.Effect<string, StoreUnavailable>
  /** Runs that have arrived everywhere at least a day ago and are not closed yet, up to a thousand. */
  readonly arrived: Effect.Effect<ReadonlyArray<RunForRedis>, StoreUnavailable>
  /** Takes runs off sale for good. */
  close(runIds: ReadonlyArray<number>): Effect.Effect<void, StoreUnavailable>
  /** Runs behind the configuration of their train. */
  readonly behind: Effect.Effect<ReadonlyArray<RunBehind>, StoreUnavailable>
  /** Notes that Redis shows the version, where the epoch is still the given one. */
  applied(
    runs: ReadonlyArray<{ readonly id: number; readonly epoch: number; readonly version: number }>
  ): Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/ledger/RunRows") {
  static readonly layer = Layer.effect(RunRows, Effect.suspend(() => make))
}

const NamedRun = Schema.Struct({ id: Schema.Int, trainId: TrainId, date: JourneyDate })

const runIds = Schema.Struct({ id: Schema.Int })

const Versions = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ id: Schema.Int, epoch: Schema.Int, version: Schema.Int }))
)

const idsOf = (rows: ReadonlyArray<{ readonly id: number }>) => rows.map(({ id }) => id)

const insertWindow = (sql: SqlClient.SqlClient) =>
  sql`
    WITH made AS (
      INSERT INTO run (id, train_id, train_number, date, route_id)
      SELECT DISTINCT ON (t.id, day) (day - DATE '2020-01-01')::bigint * 4194304 + t.number, t.id, t.number, day,
        s.route_id
      FROM train t
      CROSS JOIN LATERAL (SELECT (berth_now() AT TIME ZONE t.time_zone)::date AS today) z
      JOIN train_service s ON s.train_id = t.id
      CROSS JOIN LATERAL generate_series(z.today, z.today + ${bookingWindowDays}::int, '1 day') AS g(at)
      CROSS JOIN LATERAL (SELECT g.at::date AS day) d
      LEFT JOIN train_service_exception e
        ON e.train_id = s.train_id AND e.service_number = s.service_number AND e.date = day
      WHERE coalesce(e.runs, day BETWEEN s.first_date AND s.last_date
          AND (s.weekdays >> (extract(isodow FROM day)::int - 1)) & 1 = 1)
        AND NOT EXISTS (SELECT FROM run r WHERE r.train_id = t.id AND r.date = day)
      ORDER BY t.id, day, s.service_number
      ON CONFLICT DO NOTHING
      RETURNING 1
    )
    SELECT count(*)::int AS id FROM made`

const onSaleNamed = (sql: SqlClient.SqlClient) =>
  SqlSchema.findAll({
    Request: Schema.Void,
    Result: NamedRun,
    execute: () =>
      sql`SELECT id::float8 AS id, train_id AS "trainId", to_char(date, 'YYYY-MM-DD') AS date FROM run
        WHERE state <> 'CLOSED' AND date >= berth_now()::date - 1`
  })(undefined)

const makeSelectUnloaded = (sql: SqlClient.SqlClient) =>
  SqlSchema.findAll({
    Request: Schema.Int,
    Result: runIds,
    execute: (limit) =>
      // Asked every other second, mostly to find nothing. In the order of an index the planner would walk every run of the
      // window by it, at five times the cost of reading the table; hence first what is meant, then its order.
      sql`
        WITH found AS MATERIALIZED (
          SELECT id, date FROM run WHERE state IN ('NEW', 'REBUILDING') AND date >= (SELECT berth_now()::date - 1)
        )
        SELECT id::float8 AS id FROM found ORDER BY date, found.id LIMIT ${limit}`
  })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const selectUnloaded = makeSelectUnloaded(sql)
  const selectOnSale = SqlSchema.findAll({
    Request: Schema.Void,
    Result: runIds,
    execute: () =>
      sql`SELECT id::float8 AS id FROM run WHERE state <> 'CLOSED' AND date >= berth_now()::date - 1
        ORDER BY date, id`
  })
  const selectOpenAfter = SqlSchema.findAll({
    Request: Schema.Struct({ after: Schema.Int, limit: Schema.Int }),
    Result: OpenRun,
    execute: ({ after, limit }) =>
      sql`
        SELECT r.id::float8 AS id, EXISTS (SELECT FROM booking b WHERE b.run_id = r.id) AS booked
        FROM run r WHERE r.id > ${after}::float8::bigint AND r.state = 'OPEN' ORDER BY r.id LIMIT ${limit}`
  })
  const selectToday = SqlSchema.findAll({
    Request: Schema.Void,
    Result: Schema.Struct({ zone: Schema.String, today: Schema.String }),
    execute: () =>
      sql`SELECT time_zone AS zone, to_char(berth_now() AT TIME ZONE time_zone, 'YYYY-MM-DD') AS today
        FROM (SELECT DISTINCT time_zone FROM train) t ORDER BY 1`
  })
  const setApplied = SqlSchema.void({
    Request: Versions,
    execute: (runs) =>
      sql`
        UPDATE run r SET applied_version = n.version
        FROM jsonb_to_recordset(${runs}::text::jsonb) AS n(id bigint, epoch bigint, version bigint)
        WHERE r.id = n.id AND r.epoch = n.epoch AND r.applied_version < n.version`
  })
  const forRedis = sql`r.id::float8 AS id, r.train_id AS "trainId", r.train_number AS "trainNumber",
    to_char(r.date, 'YYYY-MM-DD') AS date, r.epoch::float8 AS epoch, t.config_version::float8 AS version,
    (SELECT max(s.stop_index)::int FROM route_stop s WHERE s.route_id = r.route_id) AS legs`
  const selectBehind = SqlSchema.findAll({
    Request: Schema.Void,
    Result: RunBehind,
    execute: () =>
      sql`
        WITH found AS MATERIALIZED (
          SELECT r.id, r.date FROM train t JOIN run r ON r.train_id = t.id
          WHERE r.state = 'OPEN' AND r.applied_version < t.config_version AND r.date >= (SELECT berth_now()::date - 1)
        ), soonest AS MATERIALIZED (
          SELECT id FROM found ORDER BY date, id LIMIT 5000
        )
        SELECT ${forRedis}, extract(epoch FROM clock_timestamp() - t.config_changed_at)::float8 AS "editedSecondsAgo"
        FROM soonest JOIN run r USING (id) JOIN train t ON t.id = r.train_id
        ORDER BY r.date, r.id`
  })
  const selectArrived = SqlSchema.findAll({
    Request: Schema.Void,
    Result: RunForRedis,
    execute: () =>
      sql`
        SELECT ${forRedis} FROM train t JOIN run r ON r.train_id = t.id
        WHERE r.state <> 'CLOSED' AND r.date < (berth_now() AT TIME ZONE t.time_zone)::date - 1 - (
          SELECT max(s.arrival_seconds) / 86400 FROM route_stop s WHERE s.route_id = r.route_id)
        ORDER BY r.date, r.id LIMIT 1000`
  })
  const setClosed = SqlSchema.void({
    Request: Schema.fromJsonString(Schema.Array(Schema.Int)),
    execute: (ids) =>
      sql`UPDATE run SET state = 'CLOSED' WHERE id IN (
        SELECT n::bigint FROM jsonb_array_elements_text(${ids}::text::jsonb) n)`
  })

  return RunRows.of({
    makeWindow: fromStore(Effect.map(
      Effect.flatMap(maintenance(sql, insertWindow(sql)), Schema.decodeUnknownEffect(Schema.Array(runIds))),
      (rows) => rows[0]?.id ?? 0
    )),
    unloaded: (limit) => fromStore(Effect.map(selectUnloaded(limit), idsOf)),
    onSale: fromStore(Effect.map(selectOnSale(undefined), idsOf)),
    onSaleNamed: fromStore(onSaleNamed(sql)),
    openAfter: (after, limit) => fromStore(selectOpenAfter({ after, limit })),
    today: fromStore(
      Effect.map(selectToday(undefined), (rows) => rows.map(({ today, zone }) => `${zone} ${today}`).join())
    ),
    arrived: fromStore(selectArrived(undefined)),
    close: (runs) => fromStore(setClosed(runs)),
    behind: fromStore(selectBehind(undefined)),
    applied: (runs) => fromStore(setApplied(runs))
  })
})
