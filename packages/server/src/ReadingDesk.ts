import type { JourneyDate } from "@berth/domain/JourneyDate"
import type { StationCode } from "@berth/domain/StationCode"
import type { Journey } from "@berth/domain/Train"
import { AvailabilityReader } from "@berth/engine/sale/AvailabilityReader"
import { journeyOn } from "@berth/engine/timetable/Journeys"
import { RunDirectory } from "@berth/engine/timetable/RunDirectory"
import { formatAt, serviceDayStart } from "@berth/engine/timetable/ServiceDay"
import { Stations } from "@berth/engine/timetable/Stations"
import { type Found, TrainSearch } from "@berth/engine/timetable/TrainSearch"
import { Context, Effect, Layer } from "effect"

/** Runs of a search that are counted at once. */
const searchConcurrency = 16

interface Search {
  readonly from: StationCode
  readonly to: StationCode
  readonly date: JourneyDate
}

const notOnSale = () => Effect.succeed([])

const makeSearch = Effect.gen(function*() {
  const trains = yield* TrainSearch
  const directory = yield* RunDirectory
  const reader = yield* AvailabilityReader
  const stations = yield* Stations

  const freeOn = Effect.fnUntraced(function*(found: Found, asked: Search) {
    const run = yield* directory.find(found.trainId, found.date)
    if (!run.open) {
      return []
    }
    const { range } = yield* journeyOn(run, { from: asked.from, to: asked.to }, stations)
    return yield* reader.freeByClass(run, range)
  })

  const toJourney = Effect.fnUntraced(function*(found: Found, asked: Search) {
    const { arrivalSeconds, departureSeconds, metres, timeZone, ...train } = found
    const availability = yield* freeOn(found, asked).pipe(Effect.catchTags({
      TrainNotFound: notOnSale,
      StationNotFound: notOnSale,
      JourneyNotOnTrain: notOnSale,
      OutsideBookingWindow: notOnSale,
      NotARunningDay: notOnSale,
      RunPreparing: notOnSale,
      // The timetable can be read on while nobody can say what is free.
      StoreUnavailable: (error) => error.store === "redis" ? notOnSale() : Effect.fail(error)
    }))
    const dayStart = serviceDayStart(found.date, timeZone)
    const journey: Journey = {
      ...train,
      from: asked.from,
      to: asked.to,
      departsAt: formatAt(dayStart, departureSeconds, timeZone),
      arrivesAt: formatAt(dayStart, arrivalSeconds, timeZone),
      km: Math.round(metres / 100) / 10,
      availability
    }
    return journey
  })

  return Effect.fn("ReadingDesk.search")(function*(asked: Search) {
    const found = yield* trains.search(asked.from, asked.to, asked.date)
    return {
      trains: yield* Effect.forEach(found, (train) => toJourney(train, asked), { concurrency: searchConcurrency })
    }
  })
})

const make = Effect.gen(function*() {
  const stations = yield* Stations
  const trains = yield* TrainSearch
  const reader = yield* AvailabilityReader
  const search = yield* makeSearch

  return {
    stations: (text: string | undefined) => Effect.map(stations.search(text ?? ""), (found) => ({ stations: found })),
    search,
    train: trains.train,
    availability: reader.availability,
    seats: reader.seats
  }
})

/** What everybody may ask for: stations, trains and what is free on them. It needs nothing that sells. */
export class ReadingDesk extends Context.Service<ReadingDesk>()("@berth/server/ReadingDesk", { make }) {
  static readonly layer = Layer.effect(ReadingDesk, make)
}
