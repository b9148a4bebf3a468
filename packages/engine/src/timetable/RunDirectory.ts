import { NotARunningDay, OutsideBookingWindow } from "@berth/domain/BookingErrors"
import { addDays, JourneyDate } from "@berth/domain/JourneyDate"
import { bookingWindow } from "@berth/domain/rules/BookingWindow"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TrainNotFound } from "@berth/domain/TimetableErrors"
import { TrainId } from "@berth/domain/TrainId"
import { Cache, Clock, Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import type { RunGate } from "../inventory/RunGate.ts"
import { fromStore } from "../ledger/LedgerError.ts"
import { StoreClock } from "../ledger/StoreClock.ts"
import { type Composition, Compositions } from "./Compositions.ts"
import { remembered } from "./Remembered.ts"
import { daysOf, type Route, Routes } from "./Routes.ts"
import { serviceDayStart } from "./ServiceDay.ts"

/** A train on the day it leaves its origin, with all that a sale must know of it. */
export interface Run {
  readonly id: number
  readonly trainId: TrainId
  readonly trainNumber: number
  readonly date: JourneyDate
  readonly timeZone: string
  /** Unix ms from which the times of the route are counted. */
  readonly dayStart: number
  readonly route: Route
  /** What Redis should have of it. */
  readonly gate: RunGate
  readonly open: boolean
  /** Whether passengers who chose no berth may be given another. */
  readonly repack: boolean
  readonly composition: Composition
}

/** Runs kept in memory, a few hundred bytes each beside what they share. */
const runsMax = 50_000

/** A minute bounds how long a run is sold past midnight by what was read before it. */
const goodMillisMax = 60_000

/** What was read in one rush is not read anew in one: a thousand runs at once were measured to hold up all bookings. */
const goodMillis = ({ id }: Run): number => goodMillisMax - id * 7_919 % (goodMillisMax / 2)

const Row = Schema.Struct({
  trainNumber: Schema.Int,
  timeZone: Schema.String,
  version: Schema.Int,
  repack: Schema.Boolean,
  run: Schema.NullOr(Schema.Struct({
    id: Schema.Int,
    routeId: Schema.String,
    epoch: Schema.Int,
    appliedVersion: Schema.Int,
    state: Schema.Literals(["NEW", "REBUILDING", "OPEN", "CLOSED"])
  }))
})

const RunName = Schema.Struct({ trainId: TrainId, date: JourneyDate })
const decodeKey = Schema.decodeUnknownEffect(RunName)

const noneWhereMissing = {
  TrainNotFound: () => Effect.succeedNone,
  OutsideBookingWindow: () => Effect.succeedNone,
  NotARunningDay: () => Effect.succeedNone
}

const makeSelects = (sql: SqlClient.SqlClient) => ({
  select: SqlSchema.findOneOption({
    Request: Schema.Struct({ trainId: Schema.String, date: Schema.String }),
    Result: Row,
    execute: ({ date, trainId }) =>
      sql`
        SELECT t.number AS "trainNumber", t.time_zone AS "timeZone", t.config_version::float8 AS version, t.repack,
          CASE WHEN r.id IS NOT NULL THEN jsonb_build_object('id', r.id, 'routeId', r.route_id,
            'epoch', r.epoch, 'appliedVersion', r.applied_version, 'state', r.state) END AS run
        FROM train t LEFT JOIN run r ON r.train_id = t.id AND r.date = ${date}::text::date
        WHERE t.id = ${trainId}`
  }),
  selectName: SqlSchema.findOneOption({
    Request: Schema.Int,
    Result: RunName,
    execute: (runId) =>
      sql`SELECT train_id AS "trainId", to_char(date, 'YYYY-MM-DD') AS date FROM run WHERE id = ${runId}::float8::bigint`
  })
})

type RunMissing = TrainNotFound | OutsideBookingWindow | NotARunningDay

/** Runs by train and day, remembered until something says that they have changed. */
export class RunDirectory extends Context.Service<RunDirectory, {
  find(trainId: TrainId, date: JourneyDate): Effect.Effect<Run, RunMissing | StoreUnavailable>
  /** The run where it is remembered. */
  peek(trainId: TrainId, date: JourneyDate): Run | undefined
  /** A run by its number; none where it is not on sale any more. */
  byId(runId: number): Effect.Effect<Option.Option<Run>, StoreUnavailable>
  /** Forgets a run, because Redis or the record was found to know more. */
  forget(run: { readonly trainId: TrainId; readonly date: JourneyDate }): Effect.Effect<void>
  /** Forgets every run, when the timetable has changed. */
  readonly forgetAll: Effect.Effect<void>
}>()("@berth/engine/timetable/RunDirectory") {
  static readonly layer = Layer.effect(
    RunDirectory,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const clock = yield* StoreClock
      const routes = yield* Routes
      const compositions = yield* Compositions
      const processClock = yield* Clock.Clock

      const { select, selectName } = makeSelects(sql)

      const lookup = Effect.fnUntraced(function*(key: string) {
        const [id = "", day = ""] = key.split("|")
        const { trainId, date } = yield* Effect.orDie(decodeKey({ trainId: id, date: day }))
        const found = yield* fromStore(select({ trainId, date }))
        if (Option.isNone(found)) {
          return yield* new TrainNotFound({
            trainId,
            detail: `There is no train ${trainId}. Search for one by stations.`
          })
        }
        const { repack, run, timeZone, trainNumber, version } = found.value
        const today = yield* clock.today(timeZone)
        const { first, last } = bookingWindow(today)
        if (run === null || run.state === "CLOSED" || date > last) {
          return yield* missing(trainId, date, today, run?.state === "CLOSED")
        }
        const route = yield* routes.get(run.routeId)
        // A train that left its origin days ago can still be boarded further on.
        if (date < addDays(first, -daysOf(route))) {
          return yield* missing(trainId, date, today, false)
        }
        return {
          id: run.id,
          trainId,
          trainNumber,
          date,
          timeZone,
          dayStart: serviceDayStart(date, timeZone),
          route,
          gate: { epoch: run.epoch, version: run.appliedVersion },
          open: run.state === "OPEN",
          repack,
          composition: yield* compositions.get({ trainNumber, version })
        }
      })

      const cache = yield* Cache.makeWith(lookup, {
        capacity: runsMax,
        timeToLive: (exit) => exit._tag === "Success" && exit.value.open ? goodMillis(exit.value) : 0
      })
      const peek = (trainId: TrainId, date: JourneyDate) => remembered(cache, `${trainId}|${date}`, processClock)
      const find = (trainId: TrainId, date: JourneyDate) => {
        const run = peek(trainId, date)
        return run === undefined ? Cache.get(cache, `${trainId}|${date}`) : Effect.succeed(run)
      }
      const byId = Effect.fnUntraced(function*(runId: number) {
        const name = yield* fromStore(selectName(runId))
        if (Option.isNone(name)) {
          return Option.none<Run>()
        }
        return yield* find(name.value.trainId, name.value.date).pipe(
          Effect.asSome,
          Effect.catchTags(noneWhereMissing)
        )
      })

      return RunDirectory.of({
        find,
        peek,
        byId,
        forget: ({ date, trainId }) => Cache.invalidate(cache, `${trainId}|${date}`),
        forgetAll: Cache.invalidateAll(cache)
      })
    })
  )
}

/** Why a train has no run on a day. */
const missing = Effect.fnUntraced(function*(trainId: TrainId, date: JourneyDate, today: JourneyDate, closed: boolean) {
  const { first, last } = bookingWindow(today)
  if (date < first || date > last) {
    return yield* new OutsideBookingWindow({
      trainId,
      date,
      firstDate: first,
      lastDate: last,
      detail: `${date} is not on sale: choose a day from ${first} to ${last}.`
    })
  }
  return yield* new NotARunningDay({
    trainId,
    date,
    detail: closed
      ? `Train ${trainId} of ${date} is closed for sale. Choose another day.`
      : `Train ${trainId} does not leave its origin on ${date}.`
  })
})
