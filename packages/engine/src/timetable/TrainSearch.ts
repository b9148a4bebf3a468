import { JourneyDate } from "@berth/domain/JourneyDate"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { StationCode } from "@berth/domain/StationCode"
import { type StationNotFound, TrainNotFound } from "@berth/domain/TimetableErrors"
import { type Train, weekdays } from "@berth/domain/Train"
import { TrainId } from "@berth/domain/TrainId"
import { travelClasses } from "@berth/domain/TravelClass"
import { TravelClass } from "@berth/domain/TravelClass"
import { Cache, Clock, Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "../ledger/LedgerError.ts"
import { FoundTrains } from "./FoundTrains.ts"
import { type Route, Routes } from "./Routes.ts"
import { formatClock } from "./ServiceDay.ts"
import { Stations } from "./Stations.ts"

/** Trains that a search answers. */
const answersMax = 200

/** Searches that are remembered, some kilobytes each. */
const rememberedMax = 5_000

/** So long one answer of the record serves all who ask; what `FoundTrains` shows meanwhile may be five seconds old. */
const rememberedFor = "1 second"

const decodeAsked = Schema.decodeUnknownEffect(
  Schema.fromJsonString(Schema.Struct({ from: StationCode, to: StationCode, date: JourneyDate }))
)

const Found = Schema.Struct({
  trainId: TrainId,
  name: Schema.String,
  trainType: Schema.String,
  timeZone: Schema.String,
  /** The run's journey day; days before the day asked for where the train comes from afar. */
  date: JourneyDate,
  departureSeconds: Schema.Int,
  arrivalSeconds: Schema.Int,
  metres: Schema.Int,
  classes: Schema.Array(TravelClass)
})
export type Found = typeof Found.Type

const TrainRow = Schema.Struct({
  trainId: TrainId,
  name: Schema.String,
  trainType: Schema.String,
  timeZone: Schema.String,
  source: Schema.String,
  compositionDerived: Schema.Boolean,
  routeId: Schema.NullOr(Schema.String),
  classes: Schema.Array(TravelClass),
  weekdays: Schema.Int
})

/** The timetable as travellers ask it. */
export class TrainSearch extends Context.Service<TrainSearch, {
  /** Runs that leave `from` on the day, in its time zone, and go on to `to`; the earliest first. */
  search(
    from: StationCode,
    to: StationCode,
    date: JourneyDate
  ): Effect.Effect<ReadonlyArray<Found>, StationNotFound | StoreUnavailable>
  /** The same from memory, up to five seconds old while somebody asks again; undefined to whoever has to ask. */
  peek(from: StationCode, to: StationCode, date: JourneyDate): ReadonlyArray<Found> | undefined
  train(trainId: TrainId): Effect.Effect<Train, TrainNotFound | StoreUnavailable>
}>()("@berth/engine/timetable/TrainSearch") {
  static readonly layer = Layer.effect(TrainSearch, Effect.suspend(() => make))
}

const inOrder = (classes: ReadonlyArray<TravelClass>) => travelClasses.filter((code) => classes.includes(code))

const inRailwayOrder = (row: Found): Found => Object.assign({}, row, { classes: inOrder(row.classes) })

const askedText = (from: StationCode, to: StationCode, date: JourneyDate) => JSON.stringify({ from, to, date })

type Stop = Route["stops"][number]

const toStop = (stop: Stop, index: number, stops: Route["stops"]): Train["stops"][number] => ({
  station: { code: stop.code, name: stop.name },
  arrival: index === 0 ? null : formatClock(stop.arrivalSeconds),
  departure: index === stops.length - 1 ? null : formatClock(stop.departureSeconds),
  day: Math.floor(stop.departureSeconds / 86_400) + 1,
  km: Math.round(stop.metres / 100) / 10
})

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const stations = yield* Stations
  const routes = yield* Routes
  const clock = yield* Clock.Clock

  const classesOf = sql`ARRAY(
    SELECT DISTINCT c.travel_class FROM train_seat_config c WHERE c.train_id = t.id AND c.seat_count > 0)`
  const select = SqlSchema.findAll({
    Request: Schema.Struct({ from: Schema.String, to: Schema.String, date: Schema.String }),
    Result: Found,
    execute: ({ date, from, to }) =>
      sql`
        SELECT t.id AS "trainId", t.name, t.train_type AS "trainType", t.time_zone AS "timeZone",
          to_char(r.date, 'YYYY-MM-DD') AS date, a.departure_seconds AS "departureSeconds",
          b.arrival_seconds AS "arrivalSeconds", b.metres - a.metres AS metres, ${classesOf} AS classes
        FROM route_stop a
        JOIN route_stop b ON b.route_id = a.route_id AND b.stop_index > a.stop_index AND b.station_code = ${to}
        JOIN run r ON r.route_id = a.route_id AND r.date = ${date}::text::date - a.departure_seconds / 86400
        JOIN train t ON t.id = r.train_id
        WHERE a.station_code = ${from} AND r.state <> 'CLOSED'
          AND a.stop_index = (SELECT min(stop_index) FROM route_stop s
            WHERE s.route_id = a.route_id AND s.station_code = ${from})
          AND b.stop_index = (SELECT min(stop_index) FROM route_stop s
            WHERE s.route_id = a.route_id AND s.station_code = ${to})
        ORDER BY a.departure_seconds % 86400, t.id LIMIT ${answersMax}`
  })
  // The stops of the next run; of any service where none is to come.
  const selectTrain = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: TrainRow,
    execute: (trainId) =>
      sql`
        SELECT t.id AS "trainId", t.name, t.train_type AS "trainType", t.time_zone AS "timeZone", t.source,
          t.composition_derived AS "compositionDerived", ${classesOf} AS classes,
          coalesce(
            (SELECT r.route_id FROM run r WHERE r.train_id = t.id AND r.state <> 'CLOSED'
              AND r.date >= (berth_now() AT TIME ZONE t.time_zone)::date ORDER BY r.date LIMIT 1),
            (SELECT s.route_id FROM train_service s WHERE s.train_id = t.id ORDER BY s.last_date DESC LIMIT 1)
          ) AS "routeId",
          coalesce((SELECT bit_or(s.weekdays)::int FROM train_service s WHERE s.train_id = t.id
            AND s.last_date >= (berth_now() AT TIME ZONE t.time_zone)::date), 0) AS weekdays
        FROM train t WHERE t.id = ${trainId}`
  })

  const kept = new FoundTrains<Found>(clock)

  // By the text of what is asked, so that a thousand who ask the same are one question to PostgreSQL.
  const answers = yield* Cache.makeWith(
    Effect.fnUntraced(function*(asked: string) {
      const query = yield* Effect.orDie(decodeAsked(asked))
      const found = yield* fromStore(select(query))
      if (found.length === 0) {
        yield* stations.exist([query.from, query.to])
      }
      return kept.keep(asked, found.map(inRailwayOrder))
    }, Effect.uninterruptible),
    {
      capacity: rememberedMax,
      timeToLive: (exit) => exit._tag === "Success" && exit.value.length > 0 ? rememberedFor : 0
    }
  )

  return TrainSearch.of({
    search: (...asked) => Cache.get(answers, askedText(...asked)),
    peek: (...asked) => kept.peek(askedText(...asked)),
    train: Effect.fn("TrainSearch.train")(function*(trainId) {
      const row = yield* fromStore(selectTrain(trainId))
      if (Option.isNone(row)) {
        return yield* new TrainNotFound({
          trainId,
          detail: `There is no train ${trainId}. Search for one by stations.`
        })
      }
      const { routeId, weekdays: mask, ...train } = row.value
      const stops = routeId === null ? [] : (yield* routes.get(routeId)).stops
      return {
        ...train,
        classes: inOrder(train.classes),
        runningDays: weekdays.filter((_, day) => (mask >> day) % 2 === 1),
        stops: stops.map(toStop)
      }
    })
  })
})
