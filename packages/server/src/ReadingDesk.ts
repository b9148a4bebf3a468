import type { JourneyDate } from "@berth/domain/JourneyDate"
import type { StationCode } from "@berth/domain/StationCode"
import type { Journey } from "@berth/domain/Train"
import { AvailabilityReader } from "@berth/engine/sale/AvailabilityReader"
import { journeyOn } from "@berth/engine/timetable/Journeys"
import { RunDirectory } from "@berth/engine/timetable/RunDirectory"
import { formatAt, serviceDayStart } from "@berth/engine/timetable/ServiceDay"
import { Stations } from "@berth/engine/timetable/Stations"
import { type Found, TrainSearch } from "@berth/engine/timetable/TrainSearch"
import { Clock, Context, Effect, Layer } from "effect"

/** Runs of a search that are counted at once. */
const searchConcurrency = 16

/** How long a list is shown without another look at its runs, of which none has changed. */
const lookedMillis = 250

interface Search {
  readonly from: StationCode
  readonly to: StationCode
  readonly date: JourneyDate
}

/** A list, and how many changes were told before it was made. */
interface Looked {
  readonly list: JourneyList
  readonly changes: number
  readonly atMillis: number
}

const nothing: Journey["availability"] = []
const notOnSale = () => Effect.succeed(nothing)

const makeSearch = Effect.gen(function*() {
  const trains = yield* TrainSearch
  const directory = yield* RunDirectory
  const reader = yield* AvailabilityReader
  const stations = yield* Stations
  const clock = yield* Clock.Clock

  const freeOn = ({ date, trainId }: Found, asked: Search) =>
    Effect.flatMap(directory.find(trainId, date), (run) =>
      run.open
        ? Effect.flatMap(
          journeyOn(run, { from: asked.from, to: asked.to }, stations),
          (journey) => reader.freeByClass(run, journey)
        )
        : notOnSale()).pipe(Effect.catchTags({
          TrainNotFound: notOnSale,
          StationNotFound: notOnSale,
          JourneyNotOnTrain: notOnSale,
          OutsideBookingWindow: notOnSale,
          NotARunningDay: notOnSale,
          RunPreparing: notOnSale,
          // The timetable can be read on while nobody can say what is free.
          StoreUnavailable: (error) => error.store === "redis" ? notOnSale() : Effect.fail(error)
        }))

  const search = (asked: Search) =>
    Effect.flatMap(trains.search(asked.from, asked.to, asked.date), (found) =>
      Effect.map(
        Effect.forEach(found, (train) => freeOn(train, asked), { concurrency: searchConcurrency }),
        (free) => listed(found, free, asked)
      ))

  const lookAtAll = (found: ReadonlyArray<Found>, asked: Search): JourneyList | undefined => {
    const free: Array<Free> = []
    for (const { date, trainId } of found) {
      const onTrain = reader.peekFreeByClass({ trainId, date, from: asked.from, to: asked.to })
      if (onTrain === undefined) {
        return undefined
      }
      free.push(onTrain)
    }
    return listed(found, free, asked)
  }

  // A search looks at twenty runs or more; while no run at all has changed it need not.
  const looked = new WeakMap<ReadonlyArray<Found>, Looked>()

  const peekSearch = (asked: Search): JourneyList | undefined => {
    const found = trains.peek(asked.from, asked.to, asked.date)
    if (found === undefined) {
      return undefined
    }
    const changes = reader.changesTold()
    const now = clock.currentTimeMillisUnsafe()
    const earlier = looked.get(found)
    if (earlier !== undefined && earlier.changes === changes && now - earlier.atMillis < lookedMillis) {
      return earlier.list
    }
    const list = lookAtAll(found, asked)
    if (list !== undefined && changes !== undefined) {
      looked.set(found, { list, changes, atMillis: now })
    }
    return list
  }

  return { search, peekSearch }
})

type Free = Journey["availability"]

const toJourney = (found: Found, availability: Free, { from, to }: Search): Journey => {
  const { arrivalSeconds, departureSeconds, metres, timeZone, ...train } = found
  const dayStart = serviceDayStart(found.date, timeZone)
  return {
    ...train,
    from,
    to,
    departsAt: formatAt(dayStart, departureSeconds, timeZone),
    arrivesAt: formatAt(dayStart, arrivalSeconds, timeZone),
    km: Math.round(metres / 100) / 10,
    availability
  }
}

interface JourneyList {
  readonly trains: ReadonlyArray<Journey>
}

// By the trains that were found: while what is free on them is the same, so is the answer.
const known = new WeakMap<ReadonlyArray<Found>, { readonly free: ReadonlyArray<Free>; readonly list: JourneyList }>()

const listed = (found: ReadonlyArray<Found>, free: ReadonlyArray<Free>, asked: Search): JourneyList => {
  const earlier = known.get(found)
  if (earlier?.free.every((availability, index) => availability === free[index]) === true) {
    return earlier.list
  }
  const list = { trains: found.map((train, index) => toJourney(train, free[index] ?? [], asked)) }
  known.set(found, { free, list })
  return list
}

const make = Effect.gen(function*() {
  const stations = yield* Stations
  const trains = yield* TrainSearch
  const reader = yield* AvailabilityReader
  const { peekSearch, search } = yield* makeSearch

  return {
    stations: (text: string | undefined) => Effect.map(stations.search(text ?? ""), (found) => ({ stations: found })),
    search,
    /** What can be told from memory; undefined where a store has to be asked. */
    peekSearch,
    peekAvailability: reader.peek,
    train: trains.train,
    availability: reader.availability,
    seats: reader.seats
  }
})

/** What everybody may ask for: stations, trains and what is free on them. It needs nothing that sells. */
export class ReadingDesk extends Context.Service<ReadingDesk>()("@berth/server/ReadingDesk", { make }) {
  static readonly layer = Layer.effect(ReadingDesk, make)
}
