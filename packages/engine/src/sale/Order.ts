import { type CurrentUser, forbidden } from "@berth/domain/Auth"
import { ClassNotOnTrain, OutsideBookingWindow, QuotaNotOnTrain, TooManyPassengers } from "@berth/domain/BookingErrors"
import { type BookingRequest, passengersPerBookingMax } from "@berth/domain/BookingRequest"
import { berthWish } from "@berth/domain/rules/BerthWish"
import { bookingWindow } from "@berth/domain/rules/BookingWindow"
import { may } from "@berth/domain/rules/Permissions"
import { DateTime, Effect } from "effect"
import type { StoreClock } from "../ledger/StoreClock.ts"
import type { ClassComposition } from "../timetable/Compositions.ts"
import { journeyOn, type RunJourney } from "../timetable/Journeys.ts"
import type { RunDirectory } from "../timetable/RunDirectory.ts"
import { type Run } from "../timetable/RunDirectory.ts"
import type { Stations } from "../timetable/Stations.ts"

/** A request that the rules allow, with the run, the legs and the class that it means. */
export interface Order {
  readonly request: BookingRequest
  readonly userId: CurrentUser["Service"]["userId"]
  /** Who of the staff books for that user. */
  readonly bookedBy: CurrentUser["Service"]["userId"] | undefined
  readonly run: Run
  readonly journey: RunJourney
  readonly composition: ClassComposition
  readonly wishes: ReadonlyArray<ReturnType<typeof berthWish>>
  /** Passengers that may wait in the class; 0 where the party would rather have nothing. */
  readonly waitlistMax: number
}

const checkDeparture = Effect.fnUntraced(function*(clock: StoreClock["Service"], run: Run, journey: RunJourney) {
  const departure = run.route.stops[journey.range.from]?.departureSeconds ?? 0
  const now = DateTime.toEpochMillis(yield* clock.now)
  if (now >= run.dayStart + departure * 1000) {
    const { first, last } = bookingWindow(yield* clock.today(run.timeZone))
    return yield* new OutsideBookingWindow({
      trainId: run.trainId,
      date: run.date,
      firstDate: first,
      lastDate: last,
      detail: `Train ${run.trainId} of ${run.date} has left ${journey.from}. Choose a later day.`
    })
  }
})

const findClass = Effect.fnUntraced(function*(run: Run, request: BookingRequest) {
  const { quota, travelClass } = request
  const composition = run.composition.classes.get(travelClass)
  const where = { trainId: run.trainId, date: run.date, travelClass }
  if (composition === undefined || composition.masks.size === 0) {
    return yield* new ClassNotOnTrain({ ...where, detail: `Train ${run.trainId} has no class ${travelClass}.` })
  }
  if (!composition.masks.has(quota)) {
    return yield* new QuotaNotOnTrain({
      ...where,
      quota,
      detail: `Class ${travelClass} of train ${run.trainId} has the quotas ${[...composition.masks.keys()].join(", ")}.`
    })
  }
  return composition
})

/** Who is asked about an order. Passed by hand: to provide them to each booking was measured to cost more than they do. */
export interface OrderDesk {
  readonly clock: StoreClock["Service"]
  readonly directory: RunDirectory["Service"]
  readonly stations: Stations["Service"]
}

/** Checks a request against the rules, before anything is asked of the stores that sell. */
export const makeOrder = Effect.fnUntraced(function*(
  { clock, directory, stations }: OrderDesk,
  caller: CurrentUser["Service"],
  request: BookingRequest
) {
  const userId = request.userId ?? caller.userId
  if (userId !== caller.userId && !may(caller, "book for others")) {
    return yield* forbidden(caller, `book for ${userId}`)
  }
  if (request.passengers.length > passengersPerBookingMax) {
    return yield* new TooManyPassengers({
      passengers: request.passengers.length,
      passengersMax: passengersPerBookingMax,
      detail: `A booking takes ${passengersPerBookingMax} passengers at most. Split the party.`
    })
  }
  const run = yield* directory.find(request.trainId, request.date)
  const journey = yield* journeyOn(run, request, stations)
  yield* checkDeparture(clock, run, journey)
  const composition = yield* findClass(run, request)
  const mayWait = request.quota === "GN" && request.conditions?.onlyIfConfirmed !== true
  const order: Order = {
    request,
    userId,
    bookedBy: userId === caller.userId ? undefined : caller.userId,
    run,
    journey,
    composition,
    wishes: request.passengers.map(berthWish),
    waitlistMax: mayWait ? composition.waitlistMax : 0
  }
  return order
})
