import type { JourneyDate } from "@berth/domain/JourneyDate"
import type { RunPage } from "@berth/domain/RunList"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TrainNotFound } from "@berth/domain/TimetableErrors"
import { TrainId } from "@berth/domain/TrainId"
import type { TrainPage } from "@berth/domain/TrainPage"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "../ledger/LedgerError.ts"
import { RunSummaryRow, selectSummaries, toSummary } from "../ledger/RunSummaries.ts"
import { trainNotFound } from "./SeatConfigEdit.ts"

const trainsPerPage = 50
const runsPerPage = 31

const TrainRow = Schema.Struct({
  trainId: TrainId,
  name: Schema.String,
  trainType: Schema.String,
  configVersion: Schema.Int,
  repack: Schema.Boolean
})

interface TrainQuery {
  readonly query?: string
  readonly after?: TrainId
}

interface RunQuery {
  readonly trainId: TrainId
  /** First day of the page; yesterday where absent. */
  readonly from?: JourneyDate
}

/** Trains and their runs, page by page, for those who run them. */
export class TrainPages extends Context.Service<TrainPages, {
  trains(query: TrainQuery): Effect.Effect<TrainPage, StoreUnavailable>
  runs(query: RunQuery): Effect.Effect<RunPage, TrainNotFound | StoreUnavailable>
}>()("@berth/engine/timetable/TrainPages") {
  static readonly layer = Layer.effect(TrainPages, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // A nation has some thousand trains: read in the order of their ids until the page is full.
  const selectTrains = SqlSchema.findAll({
    Request: Schema.Struct({ query: Schema.String, after: Schema.String }),
    Result: TrainRow,
    execute: ({ after, query }) =>
      sql`
        SELECT id AS "trainId", name, train_type AS "trainType", config_version::float8 AS "configVersion", repack
        FROM train
        WHERE id > ${after} AND (starts_with(lower(id), lower(${query})) OR strpos(lower(name), lower(${query})) > 0)
        ORDER BY id LIMIT ${trainsPerPage + 1}`
  })
  const selectTrain = SqlSchema.findAll({
    Request: Schema.String,
    Result: Schema.Struct({ trainId: TrainId }),
    execute: (trainId) => sql`SELECT id AS "trainId" FROM train WHERE id = ${trainId}`
  })
  const selectRuns = SqlSchema.findAll({
    Request: Schema.Struct({ trainId: Schema.String, from: Schema.NullOr(Schema.String) }),
    Result: RunSummaryRow,
    execute: ({ from, trainId }) =>
      selectSummaries(
        sql,
        sql`r.train_id = ${trainId} AND r.date >= coalesce(${from}::text::date,
          (berth_now() AT TIME ZONE t.time_zone)::date - 1)`,
        runsPerPage + 1
      )
  })

  const trains = Effect.fn("TrainPages.trains")(function*({ after, query = "" }: TrainQuery) {
    const rows = yield* fromStore(selectTrains({ query, after: after ?? "" }))
    const page = rows.slice(0, trainsPerPage)
    const last = rows.length > trainsPerPage ? page.at(-1) : undefined
    return { trains: page, ...(last === undefined ? {} : { nextAfter: last.trainId }) }
  })

  const runs = Effect.fn("TrainPages.runs")(function*({ from, trainId }: RunQuery) {
    const rows = yield* fromStore(selectRuns({ trainId, from: from ?? null }))
    if (rows.length === 0 && (yield* fromStore(selectTrain(trainId))).length === 0) {
      return yield* trainNotFound(trainId)
    }
    const next = rows[runsPerPage]
    return {
      runs: rows.slice(0, runsPerPage).map(toSummary),
      ...(next === undefined ? {} : { nextDate: next.date })
    }
  })

  return TrainPages.of({ trains, runs })
})
