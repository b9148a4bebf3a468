import { type BookingEvent, EventKind } from "@berth/domain/BookingEvent"
import { EventCursor } from "@berth/domain/EventCursor"
import { JourneyDate } from "@berth/domain/JourneyDate"
import { Pnr } from "@berth/domain/Pnr"
import { Quota } from "@berth/domain/Quota"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { StationCode } from "@berth/domain/StationCode"
import { TrainId } from "@berth/domain/TrainId"
import { TravelClass } from "@berth/domain/TravelClass"
import { type Cause, Context, DateTime, Effect, Layer, type Option, Schema } from "effect"
import { SqlClient, type SqlError, SqlSchema } from "effect/sql"
import { fromStore } from "../ledger/LedgerError.ts"

/** An event as one row. */
export const EventRow = Schema.Struct({
  id: Schema.Int,
  kind: EventKind,
  at: Schema.DateTimeUtcFromDate,
  pnr: Pnr,
  trainId: TrainId,
  date: JourneyDate,
  from: StationCode,
  to: StationCode,
  travelClass: TravelClass,
  quota: Quota,
  /** A bit for each passenger, the lowest for number 1. */
  passengers: Schema.Int
})

/** The columns of an `EventRow`, of the events `e`. */
export const eventColumns = (sql: SqlClient.SqlClient) =>
  sql.literal(`e.id::float8 AS id, e.kind, e.at, e.pnr, e.passengers, r.train_id AS "trainId",
    to_char(r.date, 'YYYY-MM-DD') AS date, origin.station_code AS "from", destination.station_code AS "to",
    b.travel_class AS "travelClass", b.quota`)

/**
 * What the columns are taken from beside the events. OFFSET 0 keeps it look-ups by key, whatever the planner thinks of
 * how many events there are.
 */
export const eventJoins = (sql: SqlClient.SqlClient) =>
  sql.literal(`
    CROSS JOIN LATERAL (
      SELECT x.from_stop, x.to_stop, x.travel_class, x.quota FROM booking x WHERE x.pnr = e.pnr OFFSET 0) b
    CROSS JOIN LATERAL (SELECT x.train_id, x.date, x.route_id FROM run x WHERE x.id = e.run_id OFFSET 0) r
    CROSS JOIN LATERAL (
      SELECT x.station_code FROM route_stop x
      WHERE x.route_id = r.route_id AND x.stop_index = b.from_stop OFFSET 0) origin
    CROSS JOIN LATERAL (
      SELECT x.station_code FROM route_stop x
      WHERE x.route_id = r.route_id AND x.stop_index = b.to_stop OFFSET 0) destination`)

export const toEvent = ({ at, id, passengers, ...row }: typeof EventRow.Type): BookingEvent => ({
  ...row,
  id: EventCursor.make(String(id)),
  at: DateTime.formatIso(at),
  passengers: [1, 2, 3, 4, 5, 6].filter((number) => (passengers >> (number - 1)) % 2 === 1)
})

const LogState = Schema.Struct({
  /** By which Redis knows it. */
  name: Schema.String,
  /** The newest event. */
  lastId: Schema.Int,
  /** The newest that was deleted for its age. */
  prunedId: Schema.Int
})

/** Events after a number, so many at most; of everybody unless of a booking or a run. */
interface Page {
  readonly after: number
  readonly max: number
  readonly pnr?: Pnr
  readonly runId?: number
}

/**
 * What happened, in the record. The triggers of the tables write it down; here it gets its number, after which it is read
 * in order and never missed.
 */
export class EventLog extends Context.Service<EventLog, {
  /** Numbers events that were committed, and answers how many; none where another does so at this moment. */
  number(max: number): Effect.Effect<number, StoreUnavailable>
  /** Events that Redis has not been told of. */
  unpublished(max: number): Effect.Effect<ReadonlyArray<BookingEvent>, StoreUnavailable>
  /** Notes that Redis has been told of all up to a number. */
  notePublished(id: number): Effect.Effect<void, StoreUnavailable>
  page(page: Page): Effect.Effect<ReadonlyArray<BookingEvent>, StoreUnavailable>
  readonly state: Effect.Effect<typeof LogState.Type, StoreUnavailable>
  runId(trainId: TrainId, date: JourneyDate): Effect.Effect<Option.Option<{ readonly id: number }>, StoreUnavailable>
  /** Deletes events older than some days, a batch, and answers how many. */
  prune(days: number, max: number): Effect.Effect<number, StoreUnavailable>
}>()("@berth/engine/events/EventLog") {
  static readonly layer = Layer.effect(EventLog, Effect.suspend(() => make))
}

const Count = Schema.Struct({ count: Schema.Int })

const makeStatements = (sql: SqlClient.SqlClient) => ({
  number: SqlSchema.findOne({
    Request: Schema.Int,
    Result: Count,
    execute: (max) => sql`SELECT log_events(${max}) AS count`
  }),
  unpublished: SqlSchema.findAll({
    Request: Schema.Int,
    Result: EventRow,
    execute: (max) =>
      sql`SELECT ${eventColumns(sql)} FROM event e ${eventJoins(sql)}
        WHERE e.id > (SELECT published_id FROM event_log) ORDER BY e.id LIMIT ${max}`
  }),
  notePublished: SqlSchema.void({
    Request: Schema.Int,
    // What a crash forgets of it is told again, and Redis knows it by its number: no sale waits for the disk behind this.
    execute: (id) =>
      sql`UPDATE event_log SET published_id = greatest(published_id, ${id}::float8::bigint)
        WHERE set_config('synchronous_commit', 'off', true) = 'off'`
  }),
  state: SqlSchema.findOne({
    Request: Schema.Void,
    Result: LogState,
    execute: () => sql`SELECT name, last_id::float8 AS "lastId", pruned_id::float8 AS "prunedId" FROM event_log`
  }),
  runId: SqlSchema.findOneOption({
    Request: Schema.Struct({ trainId: TrainId, date: JourneyDate }),
    Result: Schema.Struct({ id: Schema.Int }),
    execute: ({ date, trainId }) =>
      sql`SELECT id::float8 AS id FROM run WHERE train_id = ${trainId} AND date = ${date}::text::date`
  }),
  prune: SqlSchema.findOne({
    Request: Schema.Struct({ days: Schema.Int, max: Schema.Int }),
    Result: Count,
    execute: ({ days, max }) => sql`SELECT prune_events(make_interval(days => ${days}), ${max}) AS count`
  })
})

const toEvents = <E, R>(rows: Effect.Effect<ReadonlyArray<typeof EventRow.Type>, E, R>) =>
  fromStore(Effect.map(rows, (found) => found.map(toEvent)))

// One row, which is never deleted; functions answer one.
const one = <A>(row: Effect.Effect<A, Cause.NoSuchElementError | Schema.SchemaError | SqlError.SqlError>) =>
  fromStore(Effect.catchTag(row, "NoSuchElementError", Effect.die))

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const statements = makeStatements(sql)

  const page = ({ after, max, pnr, runId }: Page) =>
    SqlSchema.findAll({
      Request: Schema.Void,
      Result: EventRow,
      execute: () =>
        sql`SELECT ${eventColumns(sql)} FROM event e ${eventJoins(sql)}
          WHERE ${
          sql.and([
            sql`e.id > ${after}::float8::bigint`,
            ...pnr === undefined ? [] : [sql`e.pnr = ${pnr}`],
            ...runId === undefined ? [] : [sql`e.run_id = ${runId}::float8::bigint`]
          ])
        } ORDER BY e.id LIMIT ${max}`
    })(undefined)

  return EventLog.of({
    number: (max) => Effect.map(one(statements.number(max)), ({ count }) => count),
    unpublished: (max) => toEvents(statements.unpublished(max)),
    notePublished: (id) => fromStore(statements.notePublished(id)),
    page: (asked) => toEvents(page(asked)),
    state: one(statements.state(undefined)),
    runId: (trainId, date) => fromStore(statements.runId({ trainId, date })),
    prune: (days, max) => Effect.map(one(statements.prune({ days, max })), ({ count }) => count)
  })
})
