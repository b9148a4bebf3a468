import { JourneyDate } from "@berth/domain/JourneyDate"
import { Quota } from "@berth/domain/Quota"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TrainId } from "@berth/domain/TrainId"
import { TravelClass } from "@berth/domain/TravelClass"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
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

/** Runs under a new epoch, with what the record had sold of them and who waited at the moment in which it was raised. */
export interface Rebuild {
  readonly runs: ReadonlyArray<RebuildingRun>
  readonly sold: ReadonlyArray<SoldLegs>
  readonly waiting: ReadonlyArray<WaitingHold>
}

/** A sale that goes to another berth, both as numbers of the run's berths. */
export interface SaleMove {
  readonly sale: number
  readonly from: number
  readonly to: number
}

const Ids = Schema.fromJsonString(Schema.Array(Schema.Int))
const Versions = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ id: Schema.Int, epoch: Schema.Int, version: Schema.Int }))
)

/** The epochs of runs: a run is fenced off, read, and opened under a new one. */
export class RunEpochs extends Context.Service<RunEpochs, {
  /** Fences the runs off from every commit, because what Redis has of them cannot be relied on. */
  close(runIds: ReadonlyArray<number>): Effect.Effect<void, StoreUnavailable>
  /** Fences the runs off and raises their epoch; leaves out those that are open already where only others are meant. */
  beginRebuild(
    runIds: ReadonlyArray<number>,
    which: "all" | "unloaded"
  ): Effect.Effect<Rebuild, StoreUnavailable>
  /**
   * Moves sales to other berths and, in the same transaction, fences the run off and raises its epoch; nothing of it where
   * the sales are not as they were, or the run is not open in the epoch given.
   */
  beginRepack(options: {
    readonly runId: number
    readonly epoch: number
    readonly moves: ReadonlyArray<SaleMove>
  }): Effect.Effect<Option.Option<Rebuild>, StoreUnavailable>
  /** Puts the epoch of runs whose loading was refused up to what Redis has, so that the next loading is above it. */
  overtake(
    runs: ReadonlyArray<{ readonly id: number; readonly epoch: number; readonly redisEpoch: number }>
  ): Effect.Effect<void, StoreUnavailable>
  sold(runIds: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<SoldLegs>, StoreUnavailable>
  waiting(runIds: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<WaitingHold>, StoreUnavailable>
  /** Opens runs where the epoch is still the given one. */
  open(
    runs: ReadonlyArray<{ readonly id: number; readonly epoch: number; readonly version: number }>
  ): Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/ledger/RunEpochs") {
  static readonly layer = Layer.effect(RunEpochs, Effect.suspend(() => make))
}

const makeReads = (sql: SqlClient.SqlClient) => {
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
  return { selectSold, selectWaiting }
}

const makeChangesOfSales = (sql: SqlClient.SqlClient) => {
  const moveSales = SqlSchema.findOne({
    Request: Schema.Struct({
      runId: Schema.Int,
      epoch: Schema.Int,
      moves: Schema.fromJsonString(
        Schema.Array(Schema.Struct({ sale: Schema.Int, from: Schema.Int, to: Schema.Int }))
      )
    }),
    Result: Schema.Struct({ moved: Schema.Boolean }),
    execute: ({ epoch, moves, runId }) =>
      sql`SELECT move_sales(${runId}::float8::bigint, ${epoch}::float8::bigint, ${moves}::text::jsonb) AS moved`
  })
  // What was cancelled before the epoch was raised is free in what will be loaded, and may then be sold again: to repeat
  // such a release under the new epoch would free it under its new owner.
  const endReleases = SqlSchema.void({
    Request: Ids,
    execute: (ids) =>
      sql`
        WITH runs AS (
          SELECT n::bigint AS id FROM jsonb_array_elements_text(${ids}::text::jsonb) n
        ), left_waitlist AS (
          UPDATE waitlist_entry SET leaving = false WHERE leaving AND run_id IN (SELECT id FROM runs)
        )
        UPDATE sale SET freeing = false WHERE freeing AND berth >> 16 IN (SELECT id FROM runs)`
  })
  return { endReleases, moveSales }
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { selectSold, selectWaiting } = makeReads(sql)
  const { endReleases, moveSales } = makeChangesOfSales(sql)
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
  // The last stop's index is the number of legs, for stops are counted from 0: to count them cost more than all the rest.
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
          (SELECT max(s.stop_index)::int FROM route_stop s WHERE s.route_id = r.route_id) AS legs`
  })
  const setEpoch = SqlSchema.void({
    Request: Schema.fromJsonString(
      Schema.Array(Schema.Struct({ id: Schema.Int, epoch: Schema.Int, redisEpoch: Schema.Int }))
    ),
    execute: (runs) =>
      sql`
        UPDATE run r SET epoch = n."redisEpoch", state = 'NEW'
        FROM jsonb_to_recordset(${runs}::text::jsonb) AS n(id bigint, epoch bigint, "redisEpoch" bigint)
        WHERE r.id = n.id AND r.epoch = n.epoch AND r.state = 'REBUILDING'`
  })
  const setOpen = SqlSchema.void({
    Request: Versions,
    execute: (runs) =>
      sql`
        UPDATE run r SET state = 'OPEN', applied_version = n.version
        FROM jsonb_to_recordset(${runs}::text::jsonb) AS n(id bigint, epoch bigint, version bigint)
        WHERE r.id = n.id AND r.epoch = n.epoch AND r.state = 'REBUILDING'`
  })

  const raiseAndRead = Effect.fnUntraced(function*(
    runIds: ReadonlyArray<number>,
    states: ReadonlyArray<"NEW" | "REBUILDING" | "OPEN">
  ) {
    const runs = yield* raiseEpoch({ ids: runIds, states })
    const ids = runs.map(({ id }) => id)
    yield* endReleases(ids)
    return { runs, sold: yield* selectSold(ids), waiting: yield* selectWaiting(ids) }
  })

  return RunEpochs.of({
    // The lock in a statement of its own: a commit that held it has ended by the time the epoch is raised. Sales are read
    // while it is held: a cancellation of the new epoch then frees what is loaded as taken. Of one that was read as free
    // already, the release would be repeated after the loading, and free the berth under its next owner.
    beginRebuild: (runIds, which) =>
      fromStore(sql.withTransaction(Effect.andThen(
        lockAll(runIds),
        raiseAndRead(runIds, which === "all" ? ["NEW", "REBUILDING", "OPEN"] : ["NEW", "REBUILDING"])
      ))),
    beginRepack: ({ epoch, moves, runId }) =>
      fromStore(sql.withTransaction(Effect.gen(function*() {
        yield* lockAll([runId])
        const { moved } = yield* Effect.catchTag(moveSales({ runId, epoch, moves }), "NoSuchElementError", Effect.die)
        return moved ? Option.some(yield* raiseAndRead([runId], ["OPEN"])) : Option.none()
      }))),
    close: (runs) => fromStore(sql.withTransaction(Effect.andThen(lockAll(runs), setNew(runs)))),
    overtake: (runs) => fromStore(setEpoch(runs)),
    sold: (runs) => fromStore(selectSold(runs)),
    waiting: (runs) => fromStore(selectWaiting(runs)),
    open: (runs) => fromStore(setOpen(runs))
  })
})
