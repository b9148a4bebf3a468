import { BerthType } from "@berth/domain/BerthType"
import { JourneyDate } from "@berth/domain/JourneyDate"
import { Quota } from "@berth/domain/Quota"
import type { SeatConfigImpossible, SeatConfigInput, VersionConflict } from "@berth/domain/SeatConfig"
import type { SeatConfigPreview } from "@berth/domain/SeatConfigPreview"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TrainNotFound } from "@berth/domain/TimetableErrors"
import type { TrainId } from "@berth/domain/TrainId"
import { TravelClass } from "@berth/domain/TravelClass"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "../ledger/LedgerError.ts"
import { makeSeatConfigEdit } from "./SeatConfigEdit.ts"

/** Runs that one answer names; a train has fewer on sale. */
const runsMax = 200

/** Berths for sale, as pairs of number and quota, in JSON: the database gives them and takes them back. */
const ForSale = Schema.Struct({ forSale: Schema.String })

const Compared = Schema.Struct({ trainNumber: Schema.Int, before: Schema.String })

const PoolRow = Schema.Struct({
  travelClass: TravelClass,
  quota: Quota,
  berth: BerthType,
  before: Schema.Int,
  after: Schema.Int,
  added: Schema.Int,
  taken: Schema.Int,
  retired: Schema.Int,
  /** Berths that no pool had before. */
  fresh: Schema.Int
})

const RunRow = Schema.Struct({ date: JourneyDate, tickets: Schema.Int, berths: Schema.Int })

/** Carries the answer out of a transaction that is to be undone. */
class Seen extends Schema.TaggedError<Seen>()("Seen", {
  version: Schema.Int,
  pools: Schema.Array(PoolRow),
  runs: Schema.Array(RunRow)
}) {}

/** What an edit of a seat configuration would do. */
export class SeatConfigPreviews extends Context.Service<SeatConfigPreviews, {
  /** Makes the edit in a transaction, looks at what it did, and undoes it: what is allowed and what follows is the same. */
  preview(options: {
    readonly trainId: TrainId
    /** The version that was edited; any where absent. */
    readonly version: number | undefined
    readonly config: SeatConfigInput
  }): Effect.Effect<SeatConfigPreview, TrainNotFound | VersionConflict | SeatConfigImpossible | StoreUnavailable>
}>()("@berth/engine/timetable/SeatConfigPreviews") {
  static readonly layer = Layer.effect(SeatConfigPreviews, Effect.suspend(() => make))
}

const makeReads = (sql: SqlClient.SqlClient) => {
  const forSale = SqlSchema.findOne({
    Request: Schema.Int,
    Result: ForSale,
    execute: (trainNumber) =>
      sql`SELECT coalesce(jsonb_agg(jsonb_build_array(number, quota)), '[]')::text AS "forSale"
        FROM berth WHERE train_number = ${trainNumber} AND active`
  })
  const poolChanges = SqlSchema.findAll({
    Request: Compared,
    Result: PoolRow,
    execute: ({ before, trainNumber }) =>
      sql`
        WITH was AS (
          SELECT (b ->> 0)::int AS number, b ->> 1 AS quota FROM jsonb_array_elements(${before}::text::jsonb) b
        ), changed AS (
          SELECT b.travel_class, b.berth, was.quota AS old_quota, CASE WHEN b.active THEN b.quota END AS new_quota
          FROM berth b LEFT JOIN was ON was.number = b.number
          WHERE b.train_number = ${trainNumber}
        )
        SELECT travel_class AS "travelClass", q.quota, berth,
          (count(*) FILTER (WHERE old_quota = q.quota))::int AS before,
          (count(*) FILTER (WHERE new_quota = q.quota))::int AS after,
          (count(*) FILTER (WHERE new_quota = q.quota AND old_quota IS DISTINCT FROM q.quota))::int AS added,
          (count(*) FILTER (WHERE old_quota = q.quota AND new_quota IS DISTINCT FROM q.quota))::int AS taken,
          (count(*) FILTER (WHERE old_quota = q.quota AND new_quota IS NULL))::int AS retired,
          (count(*) FILTER (WHERE new_quota = q.quota AND old_quota IS NULL))::int AS fresh
        FROM changed CROSS JOIN LATERAL (
          SELECT DISTINCT quota FROM unnest(ARRAY[old_quota, new_quota]) AS u(quota) WHERE quota IS NOT NULL
        ) q
        GROUP BY travel_class, q.quota, berth
        HAVING bool_or(old_quota IS DISTINCT FROM new_quota)
        ORDER BY travel_class, q.quota, berth`
  })
  const runsTouched = SqlSchema.findAll({
    Request: Compared,
    Result: RunRow,
    execute: ({ before, trainNumber }) =>
      sql`
        WITH retired AS (
          SELECT b.number FROM jsonb_array_elements(${before}::text::jsonb) was
          JOIN berth b ON b.train_number = ${trainNumber} AND b.number = (was ->> 0)::int
          WHERE NOT b.active
        )
        SELECT to_char(r.date, 'YYYY-MM-DD') AS date, count(*)::int AS tickets, count(DISTINCT s.berth)::int AS berths
        FROM run r
        JOIN sale s ON s.active AND s.berth >= r.id << 16 AND s.berth < (r.id + 1) << 16
        WHERE r.train_number = ${trainNumber} AND r.date >= berth_now()::date - 1 - (
            SELECT max(x.arrival_seconds) / 86400 FROM route_stop x WHERE x.route_id = r.route_id)
          AND (s.berth & 65535)::int IN (SELECT number FROM retired)
        GROUP BY r.date ORDER BY r.date LIMIT ${runsMax}`
  })
  return { forSale, poolChanges, runsTouched }
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const edit = yield* makeSeatConfigEdit
  const reads = makeReads(sql)

  const preview = Effect.fn("SeatConfigPreviews.preview")(function*(options: {
    readonly trainId: TrainId
    readonly version: number | undefined
    readonly config: SeatConfigInput
  }) {
    const seen = yield* sql.withTransaction(Effect.gen(function*() {
      const { seen: { forSale: before }, trainNumber, version } = yield* edit(
        options,
        (locked) => Effect.catchTag(reads.forSale(locked.trainNumber), "NoSuchElementError", Effect.die)
      )
      const compared = { trainNumber, before }
      const pools = yield* reads.poolChanges(compared)
      return yield* new Seen({ version, pools, runs: yield* reads.runsTouched(compared) })
    })).pipe(Effect.catchTag("Seen", Effect.succeed), fromStore)
    const sum = (count: (pool: typeof PoolRow.Type) => number) =>
      seen.pools.reduce((total, pool) => total + count(pool), 0)
    const answer: SeatConfigPreview = {
      trainId: options.trainId,
      version: seen.version,
      pools: seen.pools,
      berthsAdded: sum(({ fresh }) => fresh),
      berthsRetired: sum(({ retired }) => retired),
      runs: seen.runs
    }
    return answer
  })

  return SeatConfigPreviews.of({ preview })
})
