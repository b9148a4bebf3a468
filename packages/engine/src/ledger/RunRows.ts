import { JourneyDate } from "@berth/domain/JourneyDate"
import { Quota } from "@berth/domain/Quota"
import { bookingWindowDays } from "@berth/domain/rules/BookingWindow"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TrainId } from "@berth/domain/TrainId"
import { TravelClass } from "@berth/domain/TravelClass"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { maintenance } from "./Database.ts"
import { fromStore } from "./LedgerError.ts"

/** A run whose berths are being loaded into Redis under a new epoch. */
export const RebuildingRun = Schema.Struct({
  id: Schema.Int,
  trainId: TrainId,
  trainNumber: Schema.Int,
  date: JourneyDate,
  routeId: Schema.String,
  epoch: Schema.Int,
  legs: Schema.Int,
  /** Version of the train's seat configuration. */
  version: Schema.Int
})
export type RebuildingRun = typeof RebuildingRun.Type

export const SoldLegs = Schema.Struct({
  runId: Schema.Int,
  berth: Schema.Int,
  from: Schema.Int,
  to: Schema.Int
})
export type SoldLegs = typeof SoldLegs.Type

export const WaitingHold = Schema.Struct({
  runId: Schema.Int,
  travelClass: TravelClass,
  quota: Quota,
  holdId: Schema.String,
  passengers: Schema.Int,
  from: Schema.Int,
  to: Schema.Int
})
export type WaitingHold = typeof WaitingHold.Type

/** A run whose Redis shows an older seat configuration than its train has. */
export const BehindRun = Schema.Struct({
  id: Schema.Int,
  trainId: TrainId,
  trainNumber: Schema.Int,
  date: JourneyDate,
  epoch: Schema.Int,
  legs: Schema.Int,
  /** Version of the train's seat configuration. */
  version: Schema.Int
})
export type BehindRun = typeof BehindRun.Type

const Ids = Schema.fromJsonString(Schema.Array(Schema.Int))

/** The rows of runs: made for the window, rebuilt, brought up to date. */
export class RunRows extends Context.Service<RunRows, {
  /** Makes the runs of the booking window that are not there yet, and answers how many. */
  readonly makeWindow: Effect.Effect<number, StoreUnavailable>
  /** Runs that Redis does not have: new ones and those whose rebuilding was not finished; the soonest first. */
  unloaded(limit: number): Effect.Effect<ReadonlyArray<number>, StoreUnavailable>
  /** Every run that is on sale, the soonest first. */
  readonly onSale: Effect.Effect<ReadonlyArray<number>, StoreUnavailable>
  /** The days it is in the time zones of all trains; another text when one of them has passed midnight. */
  readonly today: Effect.Effect<string, StoreUnavailable>
  /** Fences the runs off from every commit, because what Redis has of them cannot be relied on. */
  close(runIds: ReadonlyArray<number>): Effect.Effect<void, StoreUnavailable>
  /** Fences the runs off and raises their epoch; leaves out those that are open already where only others are meant. */
  beginRebuild(
    runIds: ReadonlyArray<number>,
    which: "all" | "unloaded"
  ): Effect.Effect<ReadonlyArray<RebuildingRun>, StoreUnavailable>
  sold(runIds: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<SoldLegs>, StoreUnavailable>
  waiting(runIds: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<WaitingHold>, StoreUnavailable>
  /** Opens runs where the epoch is still the given one. */
  open(
    runs: ReadonlyArray<{ readonly id: number; readonly epoch: number; readonly version: number }>
  ): Effect.Effect<void, StoreUnavailable>
  /** Runs behind the configuration of their train. */
  readonly behind: Effect.Effect<ReadonlyArray<BehindRun>, StoreUnavailable>
  /** Notes that Redis shows the version, where the epoch is still the given one. */
  applied(
    runs: ReadonlyArray<{ readonly id: number; readonly epoch: number; readonly version: number }>
  ): Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/ledger/RunRows") {
  static readonly layer = Layer.effect(RunRows, Effect.suspend(() => make))
}

const runIds = Schema.Struct({ id: Schema.Int })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  const insertWindow = sql`
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

  const selectUnloaded = SqlSchema.findAll({
    Request: Schema.Int,
    Result: runIds,
    execute: (limit) =>
      sql`SELECT id::float8 AS id FROM run WHERE state IN ('NEW', 'REBUILDING') AND date >= berth_now()::date - 1
        ORDER BY date, id LIMIT ${limit}`
  })
  const selectOnSale = SqlSchema.findAll({
    Request: Schema.Void,
    Result: runIds,
    execute: () =>
      sql`SELECT id::float8 AS id FROM run WHERE state <> 'CLOSED' AND date >= berth_now()::date - 1
        ORDER BY date, id`
  })
  const lockAll = SqlSchema.void({
    Request: Ids,
    execute: (ids) =>
      sql`SELECT pg_advisory_xact_lock(id) FROM (
        SELECT n::bigint AS id FROM jsonb_array_elements_text(${ids}::text::jsonb) n ORDER BY 1) runs`
  })
  const setNew = SqlSchema.void({
    Request: Ids,
    execute: (ids) =>
      sql`
        UPDATE run SET state = 'NEW'
        WHERE id IN (SELECT n::bigint FROM jsonb_array_elements_text(${ids}::text::jsonb) n) AND state = 'OPEN'`
  })
  const selectToday = SqlSchema.findAll({
    Request: Schema.Void,
    Result: Schema.Struct({ zone: Schema.String, today: Schema.String }),
    execute: () =>
      sql`SELECT time_zone AS zone, to_char(berth_now() AT TIME ZONE time_zone, 'YYYY-MM-DD') AS today
        FROM (SELECT DISTINCT time_zone FROM train) t ORDER BY 1`
  })
  const raiseEpoch = SqlSchema.findAll({
    Request: Schema.Struct({ ids: Ids, states: Schema.fromJsonString(Schema.Array(Schema.String)) }),
    Result: RebuildingRun,
    execute: ({ ids, states }) =>
      sql`
        UPDATE run r SET epoch = r.epoch + 1, state = 'REBUILDING'
        WHERE r.id IN (SELECT n::bigint FROM jsonb_array_elements_text(${ids}::text::jsonb) n)
          AND r.state IN (SELECT jsonb_array_elements_text(${states}::text::jsonb))
        RETURNING r.id::float8 AS id, r.train_id AS "trainId", r.train_number AS "trainNumber",
          to_char(r.date, 'YYYY-MM-DD') AS date, r.route_id AS "routeId", r.epoch::float8 AS epoch,
          (SELECT t.config_version::float8 FROM train t WHERE t.id = r.train_id) AS version,
          (SELECT count(*)::int - 1 FROM route_stop s WHERE s.route_id = r.route_id) AS legs`
  })
  // What was cancelled before the epoch was raised is free in what will be loaded, and may then be sold again: to repeat
  // such a release under the new epoch would free it under its new owner.
  const endReleases = SqlSchema.void({
    Request: Ids,
    execute: (ids) =>
      sql`
        UPDATE sale SET freeing = false
        WHERE freeing AND berth >> 16 IN (SELECT n::bigint FROM jsonb_array_elements_text(${ids}::text::jsonb) n)`
  })
  const selectSold = SqlSchema.findAll({
    Request: Ids,
    Result: SoldLegs,
    execute: (ids) =>
      sql`
        SELECT run.id::float8 AS "runId", s.berth::float8 AS berth, lower(s.legs) AS from, upper(s.legs) AS to
        FROM (SELECT n::bigint AS id FROM jsonb_array_elements_text(${ids}::text::jsonb) n) run
        JOIN sale s ON s.active AND s.berth >= run.id << 16 AND s.berth < (run.id + 1) << 16`
  })
  const selectWaiting = SqlSchema.findAll({
    Request: Ids,
    Result: WaitingHold,
    execute: (ids) =>
      sql`
        SELECT w.run_id::float8 AS "runId", w.travel_class AS "travelClass", b.quota, w.hold_id AS "holdId",
          w.passengers, b.from_stop AS from, b.to_stop AS to
        FROM waitlist_entry w JOIN booking b USING (pnr)
        WHERE w.run_id IN (SELECT n::bigint FROM jsonb_array_elements_text(${ids}::text::jsonb) n)
          AND w.state = 'waiting'
        ORDER BY w.number`
  })
  const Versions = Schema.fromJsonString(
    Schema.Array(Schema.Struct({ id: Schema.Int, epoch: Schema.Int, version: Schema.Int }))
  )
  const setOpen = SqlSchema.void({
    Request: Versions,
    execute: (runs) =>
      sql`
        UPDATE run r SET state = 'OPEN', applied_version = n.version
        FROM jsonb_to_recordset(${runs}::text::jsonb) AS n(id bigint, epoch bigint, version bigint)
        WHERE r.id = n.id AND r.epoch = n.epoch AND r.state = 'REBUILDING'`
  })
  const setApplied = SqlSchema.void({
    Request: Versions,
    execute: (runs) =>
      sql`
        UPDATE run r SET applied_version = n.version
        FROM jsonb_to_recordset(${runs}::text::jsonb) AS n(id bigint, epoch bigint, version bigint)
        WHERE r.id = n.id AND r.epoch = n.epoch AND r.applied_version < n.version`
  })
  const selectBehind = SqlSchema.findAll({
    Request: Schema.Void,
    Result: BehindRun,
    execute: () =>
      sql`
        SELECT r.id::float8 AS id, r.train_id AS "trainId", r.train_number AS "trainNumber",
          to_char(r.date, 'YYYY-MM-DD') AS date, r.epoch::float8 AS epoch, t.config_version::float8 AS version,
          (SELECT count(*)::int - 1 FROM route_stop s WHERE s.route_id = r.route_id) AS legs
        FROM train t JOIN run r ON r.train_id = t.id
        WHERE r.state = 'OPEN' AND r.applied_version < t.config_version AND r.date >= berth_now()::date - 1
        ORDER BY r.date, r.id LIMIT 5000`
  })
  const ids = (rows: ReadonlyArray<{ readonly id: number }>) => rows.map(({ id }) => id)

  return RunRows.of({
    makeWindow: fromStore(Effect.map(
      Effect.flatMap(maintenance(sql, insertWindow), Schema.decodeUnknownEffect(Schema.Array(runIds))),
      (rows) => rows[0]?.id ?? 0
    )),
    unloaded: (limit) => fromStore(Effect.map(selectUnloaded(limit), ids)),
    onSale: fromStore(Effect.map(selectOnSale(undefined), ids)),
    // The lock in a statement of its own: a commit that held it has ended by the time the epoch is raised.
    beginRebuild: (runs, which) =>
      fromStore(sql.withTransaction(Effect.gen(function*() {
        yield* lockAll(runs)
        const raised = yield* raiseEpoch({
          ids: runs,
          states: which === "all" ? ["NEW", "REBUILDING", "OPEN"] : ["NEW", "REBUILDING"]
        })
        yield* endReleases(raised.map(({ id }) => id))
        return raised
      }))),
    close: (runs) => fromStore(sql.withTransaction(Effect.andThen(lockAll(runs), setNew(runs)))),
    today: fromStore(
      Effect.map(selectToday(undefined), (rows) => rows.map(({ today, zone }) => `${zone} ${today}`).join())
    ),
    sold: (runs) => fromStore(selectSold(runs)),
    waiting: (runs) => fromStore(selectWaiting(runs)),
    open: (runs) => fromStore(setOpen(runs)),
    behind: fromStore(selectBehind(undefined)),
    applied: (runs) => fromStore(setApplied(runs))
  })
})
