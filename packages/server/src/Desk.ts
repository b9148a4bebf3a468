import { CurrentUser, forbidden, isAdmin } from "@berth/domain/Auth"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import type { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import type { JourneyDate } from "@berth/domain/JourneyDate"
import type { Pnr } from "@berth/domain/Pnr"
import type { SeatConfigInput } from "@berth/domain/SeatConfig"
import type { StationCode } from "@berth/domain/StationCode"
import type { Journey } from "@berth/domain/Train"
import type { TrainId } from "@berth/domain/TrainId"
import { Bookings } from "@berth/engine/ledger/Bookings"
import { Pay } from "@berth/engine/payment/Pay"
import { AvailabilityReader } from "@berth/engine/sale/AvailabilityReader"
import { Book } from "@berth/engine/sale/Book"
import { bookingNotFound, Cancel } from "@berth/engine/sale/Cancel"
import { journeyOn } from "@berth/engine/timetable/Journeys"
import { RunDirectory } from "@berth/engine/timetable/RunDirectory"
import { SeatConfigs } from "@berth/engine/timetable/SeatConfigs"
import { formatAt, serviceDayStart } from "@berth/engine/timetable/ServiceDay"
import { Stations } from "@berth/engine/timetable/Stations"
import { type Found, TrainSearch } from "@berth/engine/timetable/TrainSearch"
import { Context, Effect, Layer, Option } from "effect"
import { counted } from "./BookingMetrics.ts"

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
      RunPreparing: notOnSale
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

  return Effect.fn("Desk.search")(function*(asked: Search) {
    const found = yield* trains.search(asked.from, asked.to, asked.date)
    return {
      trains: yield* Effect.forEach(found, (train) => toJourney(train, asked), { concurrency: searchConcurrency })
    }
  })
})

const requireAdmin = (user: CurrentUser["Service"], what: string) =>
  isAdmin(user) ? Effect.void : Effect.fail(forbidden(user, what))

const make = Effect.gen(function*() {
  const stations = yield* Stations
  const trains = yield* TrainSearch
  const reader = yield* AvailabilityReader
  const bookings = yield* Bookings
  const configs = yield* SeatConfigs
  const { book } = yield* Book
  const { cancel } = yield* Cancel
  const { pay } = yield* Pay
  const search = yield* makeSearch

  return {
    stations: (text: string | undefined) => Effect.map(stations.search(text ?? ""), (found) => ({ stations: found })),
    search,
    train: trains.train,
    availability: reader.availability,
    seats: reader.seats,

    book: Effect.fnUntraced(function*(request: BookingRequest, key: IdempotencyKey | undefined) {
      return yield* counted(book({ caller: yield* CurrentUser, request, key }))
    }),
    mine: Effect.fnUntraced(function*(cursor: string | undefined) {
      const { userId } = yield* CurrentUser
      return yield* bookings.page({ userId, cursor })
    }),
    show: Effect.fnUntraced(function*(pnr: Pnr) {
      const user = yield* CurrentUser
      const found = yield* bookings.find({ pnr, forUser: isAdmin(user) ? null : user.userId })
      return Option.isSome(found) ? found.value : yield* bookingNotFound(pnr)
    }),
    cancel: Effect.fnUntraced(function*(pnr: Pnr, passengers: ReadonlyArray<number> | undefined) {
      return yield* cancel({ caller: yield* CurrentUser, pnr, passengers })
    }),
    pay: Effect.fnUntraced(function*(pnr: Pnr) {
      return yield* pay({ caller: yield* CurrentUser, pnr })
    }),

    seatConfig: Effect.fnUntraced(function*(trainId: TrainId) {
      yield* requireAdmin(yield* CurrentUser, "read seat configurations")
      return yield* configs.read(trainId)
    }),
    replaceSeatConfig: Effect.fnUntraced(function*(trainId: TrainId, version: number, config: SeatConfigInput) {
      const user = yield* CurrentUser
      yield* requireAdmin(user, "edit seat configurations")
      return yield* configs.replace({ userId: user.userId, trainId, version, config })
    })
  }
})

/** What callers may ask for, whichever way they come; it knows who they are and nothing of how they asked. */
export class Desk extends Context.Service<Desk>()("@berth/server/Desk", { make }) {
  static readonly layer = Layer.effect(Desk, make)
}
