import type { CurrentUser } from "@berth/domain/Auth"
import type { JourneyDate } from "@berth/domain/JourneyDate"
import { RunNotFound, RunStateConflict, type RunSummary } from "@berth/domain/RunList"
import type { RunPreparing, StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TrainId } from "@berth/domain/TrainId"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { Inventory } from "../inventory/Inventory.ts"
import { AuditTrail } from "../ledger/AuditTrail.ts"
import { fromStore } from "../ledger/LedgerError.ts"
import { RunForRedis } from "../ledger/RunRows.ts"
import { hasArrived, RunSummaryRow, selectSummaries, toSummary } from "../ledger/RunSummaries.ts"
import { classOfRun, Compositions } from "../timetable/Compositions.ts"
import { RunDirectory } from "../timetable/RunDirectory.ts"
import { RunLoader } from "./RunLoader.ts"

interface RunNamed {
  readonly caller: CurrentUser["Service"]
  readonly trainId: TrainId
  readonly date: JourneyDate
}

/**
 * Takes a run off sale, and puts it back. What was sold of it stays valid and can be cancelled; who waits, waits until it
 * is on sale again, when it is loaded from the record like every other run.
 */
export class RunSwitch extends Context.Service<RunSwitch, {
  close(run: RunNamed): Effect.Effect<RunSummary, RunNotFound | RunStateConflict | StoreUnavailable>
  open(run: RunNamed): Effect.Effect<RunSummary, RunNotFound | RunStateConflict | RunPreparing | StoreUnavailable>
}>()("@berth/engine/seeding/RunSwitch") {
  static readonly layer = Layer.effect(RunSwitch, Effect.suspend(() => make))
}

const Found = Schema.Struct({
  ...RunForRedis.fields,
  state: RunSummaryRow.fields.state,
  arrived: Schema.Boolean
})

const makeQueries = (sql: SqlClient.SqlClient) => {
  const Name = Schema.Struct({ trainId: Schema.String, date: Schema.String })
  return {
    // Whoever sells has the lock shared: when it is granted their commits have ended, and the next finds the run closed.
    lock: SqlSchema.void({
      Request: Name,
      execute: ({ date, trainId }) =>
        sql`SELECT pg_advisory_xact_lock(id) FROM run WHERE train_id = ${trainId} AND date = ${date}::text::date`
    }),
    find: SqlSchema.findOneOption({
      Request: Name,
      Result: Found,
      execute: ({ date, trainId }) =>
        sql`SELECT r.id::float8 AS id, r.train_id AS "trainId", r.train_number AS "trainNumber",
            to_char(r.date, 'YYYY-MM-DD') AS date, r.epoch::float8 AS epoch, t.config_version::float8 AS version,
            (SELECT max(s.stop_index)::int FROM route_stop s WHERE s.route_id = r.route_id) AS legs,
            extract(epoch FROM clock_timestamp() - t.config_changed_at)::float8 AS "editedSecondsAgo",
            r.state, ${hasArrived(sql)} AS arrived
          FROM run r JOIN train t ON t.id = r.train_id
          WHERE r.train_id = ${trainId} AND r.date = ${date}::text::date`
    }),
    setState: SqlSchema.void({
      Request: Schema.Struct({ id: Schema.Int, state: Schema.Literals(["NEW", "CLOSED"]) }),
      execute: ({ id, state }) => sql`UPDATE run SET state = ${state} WHERE id = ${id}::float8::bigint`
    }),
    summary: SqlSchema.findOne({
      Request: Schema.Int,
      Result: RunSummaryRow,
      execute: (id) => selectSummaries(sql, sql`r.id = ${id}::float8::bigint`, 1)
    })
  }
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const trail = yield* AuditTrail
  const inventory = yield* Inventory
  const compositions = yield* Compositions
  const directory = yield* RunDirectory
  const loader = yield* RunLoader
  const queries = makeQueries(sql)

  /** Changes the state in the record, with its trail; `refusal` says why not, where it may not be. */
  const change = (
    { caller, date, trainId }: RunNamed,
    action: "close run" | "open run",
    refusal: (found: typeof Found.Type) => string | undefined
  ) =>
    fromStore(sql.withTransaction(Effect.gen(function*() {
      yield* queries.lock({ trainId, date })
      const found = Option.getOrUndefined(yield* queries.find({ trainId, date }))
      if (found === undefined) {
        return yield* new RunNotFound({
          trainId,
          date,
          detail: `Train ${trainId} has no run on ${date}. List its runs.`
        })
      }
      const detail = found.arrived ? `Train ${trainId} of ${date} has arrived.` : refusal(found)
      if (detail !== undefined) {
        return yield* new RunStateConflict({ trainId, date, detail })
      }
      yield* queries.setState({ id: found.id, state: action === "close run" ? "CLOSED" : "NEW" })
      yield* trail.note({ userId: caller.userId, action, subject: `${trainId} ${date}`, details: { was: found.state } })
      return found
    })))

  const summaryOf = (id: number) =>
    queries.summary(id).pipe(Effect.catchTag("NoSuchElementError", Effect.die), Effect.map(toSummary), fromStore)

  const close = Effect.fn("RunSwitch.close")(function*(named: RunNamed) {
    const { date, trainId } = named
    const run = yield* change(
      named,
      "close run",
      ({ state }) => state === "CLOSED" ? `Train ${trainId} of ${date} is closed already.` : undefined
    )
    yield* directory.forget(run)
    const current = yield* compositions.getAll([run])
    const classes = [...current.get(run.trainNumber)?.classes.values() ?? []]
    // Nothing may be committed any more, so what Redis still has of the run does no harm where it is away.
    yield* inventory.unload(run, classes.map((composed) => classOfRun(composed, run.legs))).pipe(
      Effect.catchTag("StoreUnavailable", ({ detail }) => Effect.logWarning("A closed run stays in Redis", detail))
    )
    return yield* summaryOf(run.id)
  })

  const open = Effect.fn("RunSwitch.open")(function*(named: RunNamed) {
    const { date, trainId } = named
    const run = yield* change(
      named,
      "open run",
      ({ state }) => state === "CLOSED" ? undefined : `Train ${trainId} of ${date} is open already.`
    )
    yield* loader.prepare(run)
    return yield* summaryOf(run.id)
  })

  return RunSwitch.of({ close, open })
})
