import { type CurrentUser, forbidden } from "@berth/domain/Auth"
import { ClassNotOnTrain, OutsideBookingWindow, QuotaNotOnTrain, TooManyPassengers } from "@berth/domain/BookingErrors"
import { type BookingRequest, passengersPerBookingMax } from "@berth/domain/BookingRequest"
import type { Forbidden } from "@berth/domain/RequestErrors"
import { berthWish } from "@berth/domain/rules/BerthWish"
import { bookingWindow } from "@berth/domain/rules/BookingWindow"
import { may } from "@berth/domain/rules/Permissions"
import { Effect } from "effect"
import type { Party } from "../inventory/Inventory.ts"
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

/** Whom an order seats, and on what terms. */
export const partyOf = ({ request: { conditions }, wishes }: Order): Party => ({
  wishes,
  sameCoach: conditions?.sameCoach ?? false,
  lowerBerthsMin: conditions?.lowerBerthsMin ?? 0
})

export const hasLeft = (clock: StoreClock["Service"], run: Run, { range }: Pick<RunJourney, "range">): boolean =>
  clock.nowMillisUnsafe() >= run.dayStart + (run.route.stops[range.from]?.departureSeconds ?? 0) * 1000

const leftAlready = Effect.fnUntraced(function*(clock: StoreClock["Service"], run: Run, journey: RunJourney) {
  const { first, last } = bookingWindow(yield* clock.today(run.timeZone))
  return yield* new OutsideBookingWindow({
    trainId: run.trainId,
    date: run.date,
    firstDate: first,
    lastDate: last,
    detail: `Train ${run.trainId} of ${run.date} has left ${journey.from}. Choose a later day.`
  })
})

const findClass = (
  run: Run,
  { quota, travelClass }: BookingRequest
): Effect.Effect<ClassComposition, ClassNotOnTrain | QuotaNotOnTrain> => {
  const composition = run.composition.classes.get(travelClass)
  const where = { trainId: run.trainId, date: run.date, travelClass }
  if (composition === undefined || composition.masks.size === 0) {
    return Effect.fail(new ClassNotOnTrain({ ...where, detail: `Train ${run.trainId} has no class ${travelClass}.` }))
  }
  return composition.masks.has(quota) ? Effect.succeed(composition) : Effect.fail(
    new QuotaNotOnTrain({
      ...where,
      quota,
      detail: `Class ${travelClass} of train ${run.trainId} has the quotas ${[...composition.masks.keys()].join(", ")}.`
    })
  )
}

/** Who is asked about an order. Passed by hand: to provide them to each booking was measured to cost more than they do. */
export interface OrderDesk {
  readonly clock: StoreClock["Service"]
  readonly directory: RunDirectory["Service"]
  readonly stations: Stations["Service"]
}

type OrderError =
  | ClassNotOnTrain
  | Forbidden
  | OutsideBookingWindow
  | QuotaNotOnTrain
  | TooManyPassengers
  | Effect.Error<ReturnType<typeof journeyOn>>
  | Effect.Error<ReturnType<RunDirectory["Service"]["find"]>>

/** Checks a request against the rules, before anything is asked of the stores that sell. */
export const makeOrder = (
  { clock, directory, stations }: OrderDesk,
  caller: CurrentUser["Service"],
  request: BookingRequest
): Effect.Effect<Order, OrderError> => {
  const userId = request.userId ?? caller.userId
  if (userId !== caller.userId && !may(caller, "book for others")) {
    return Effect.fail(forbidden(caller, `book for ${userId}`))
  }
  if (request.passengers.length > passengersPerBookingMax) {
    return Effect.fail(
      new TooManyPassengers({
        passengers: request.passengers.length,
        passengersMax: passengersPerBookingMax,
        detail: `A booking takes ${passengersPerBookingMax} passengers at most. Split the party.`
      })
    )
  }
  const mayWait = request.quota === "GN" && request.conditions?.onlyIfConfirmed !== true
  const onRun = (run: Run, journey: RunJourney): Effect.Effect<Order, OrderError> =>
    Effect.mapEager(findClass(run, request), (composition): Order => ({
      request,
      userId,
      bookedBy: userId === caller.userId ? undefined : caller.userId,
      run,
      journey,
      composition,
      wishes: request.passengers.map(berthWish),
      waitlistMax: mayWait ? composition.waitlistMax : 0
    }))
  // Of a run that is remembered all of it is known: a step of a fiber for each costs more than to look at it.
  return Effect.flatMapEager(directory.find(request.trainId, request.date), (run) =>
    Effect.flatMapEager(
      journeyOn(run, request, stations),
      (journey) => hasLeft(clock, run, journey) ? leftAlready(clock, run, journey) : onRun(run, journey)
    ))
}
