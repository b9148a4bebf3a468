import type { Availability, QuotaAvailability, SeatMap } from "@berth/domain/Availability"
import type { runErrors } from "@berth/domain/BerthApi"
import { berthTypes } from "@berth/domain/BerthType"
import { ClassNotOnTrain } from "@berth/domain/BookingErrors"
import { bayMask } from "@berth/domain/CoachLayout"
import type { JourneyDate } from "@berth/domain/JourneyDate"
import type { LegRange } from "@berth/domain/LegRange"
import { Quota, quotaNames } from "@berth/domain/Quota"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import type { StationCode } from "@berth/domain/StationCode"
import type { TrainId } from "@berth/domain/TrainId"
import type { TravelClass } from "@berth/domain/TravelClass"
import { Context, Effect, Layer } from "effect"
import { countBits, takenBays } from "../inventory/BayBits.ts"
import { type ClassSnapshot, Inventory, type RunSnapshot } from "../inventory/Inventory.ts"
import type { RunGate } from "../inventory/RunGate.ts"
import { RunLoader } from "../seeding/RunLoader.ts"
import type { Composition } from "../timetable/Compositions.ts"
import { journeyOn, legsBetween, type RunJourney } from "../timetable/Journeys.ts"
import { legsOf } from "../timetable/Routes.ts"
import { type Run, RunDirectory } from "../timetable/RunDirectory.ts"
import { Stations } from "../timetable/Stations.ts"
import { KnownAnswers } from "./KnownAnswers.ts"
import { toSeats } from "./SeatStates.ts"

export interface JourneyAsked {
  readonly trainId: TrainId
  readonly date: JourneyDate
  readonly from?: StationCode
  readonly to?: StationCode
}

interface ClassTotal {
  readonly travelClass: TravelClass
  readonly free: number
}

type RunError = InstanceType<(typeof runErrors)[number]>

/** What is free, counted from Redis's strings: one read answers every pair of stations. */
export class AvailabilityReader extends Context.Service<AvailabilityReader, {
  availability(asked: JourneyAsked): Effect.Effect<Availability, RunError>
  /** The same from memory; undefined where a store has to be asked, or where it is refused. */
  peek(asked: JourneyAsked): Availability | undefined
  seats(
    asked: JourneyAsked & { readonly travelClass: TravelClass }
  ): Effect.Effect<SeatMap, RunError | ClassNotOnTrain>
  /** Free berths by class on a journey of a run, or none where the run is not in Redis. */
  freeByClass(run: Run, journey: RunJourney): Effect.Effect<ReadonlyArray<ClassTotal>, RunError>
  /** How many changes of any run were told so far; undefined where nobody tells. */
  changesTold(): number | undefined
  /** The same from memory. */
  peekFreeByClass(asked: JourneyAsked): ReadonlyArray<ClassTotal> | undefined
}>()("@berth/engine/sale/AvailabilityReader") {
  static readonly layer = Layer.effect(AvailabilityReader, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const inventory = yield* Inventory
  const directory = yield* RunDirectory
  const loader = yield* RunLoader
  const stations = yield* Stations

  const load = Effect.fnUntraced(function*(run: Run) {
    yield* loader.prepare(run)
    return yield* inventory.snapshot(run, classesOf(run))
  })

  /** Loads the run first where Redis does not have it. */
  const snapshot = (run: Run): Effect.Effect<RunSnapshot | null, RunError> =>
    Effect.filterOrElse(
      inventory.recentSnapshot(run, classesOf(run)),
      (found) => found !== null,
      () => load(run)
    )

  /** Redis knows of an edit or a loading of the run before this server does: it may have classes that are new. */
  const lookAgain = Effect.fnUntraced(function*(known: Run) {
    yield* directory.forget(known)
    const run = yield* directory.find(known.trainId, known.date)
    return { run, found: yield* snapshot(run) }
  })

  const look = (run: Run) =>
    Effect.flatMap(
      snapshot(run),
      (found) => found !== null && isAhead(found.gate, run.gate) ? lookAgain(run) : Effect.succeed({ run, found })
    )

  const count = (run: Run, journey: RunJourney) =>
    Effect.map(
      look(run),
      (seen) => seen.found === null ? toAvailability(run, journey, null) : counted(seen.run, journey, seen.found)
    )

  const availability = (asked: JourneyAsked) =>
    Effect.flatMap(
      directory.find(asked.trainId, asked.date),
      (run) => Effect.flatMap(journeyOn(run, asked, stations), (journey) => count(run, journey))
    )

  const seats = Effect.fn("AvailabilityReader.seats")(function*(
    asked: JourneyAsked & { readonly travelClass: TravelClass }
  ) {
    const { travelClass } = asked
    const run = yield* directory.find(asked.trainId, asked.date)
    const { from, range, to } = yield* journeyOn(run, asked, stations)
    const composed = run.composition.classes.get(travelClass)
    if (composed === undefined) {
      return yield* new ClassNotOnTrain({
        trainId: run.trainId,
        date: run.date,
        travelClass,
        detail: `Train ${run.trainId} has no class ${travelClass}.`
      })
    }
    const found = (yield* snapshot(run))?.classes.get(travelClass)
    return {
      trainId: run.trainId,
      date: run.date,
      from,
      to,
      travelClass,
      seats: found === undefined ? [] : toSeats(travelClass, legsOf(run.route), range, found)
    }
  })

  const freeByClass = (run: Run, journey: RunJourney) => Effect.map(count(run, journey), totals)

  return AvailabilityReader.of({ availability, seats, freeByClass, ...peeking(inventory, directory) })
})

const knownClasses = new WeakMap<Composition, ReadonlyArray<TravelClass>>()

const classesOf = ({ composition }: Run): ReadonlyArray<TravelClass> => {
  const classes = knownClasses.get(composition) ?? [...composition.classes.keys()]
  knownClasses.set(composition, classes)
  return classes
}

const peeking = (inventory: Inventory["Service"], directory: RunDirectory["Service"]) => {
  const peek = (asked: JourneyAsked): Availability | undefined => {
    const run = directory.peek(asked.trainId, asked.date)
    const journey = run === undefined ? undefined : legsBetween(run, asked)
    if (run === undefined || journey === undefined) {
      return undefined
    }
    const found = inventory.peekSnapshot(run, classesOf(run))
    return found === undefined || found === null || isAhead(found.gate, run.gate)
      ? undefined
      : counted(run, journey, found)
  }

  const peekFreeByClass = (asked: JourneyAsked) => {
    const seen = peek(asked)
    return seen === undefined ? undefined : totals(seen)
  }

  return { peek, peekFreeByClass, changesTold: () => inventory.changesTold() }
}

const isAhead = (one: RunGate, other: RunGate): boolean =>
  one.epoch > other.epoch || one.epoch === other.epoch && one.version > other.version

const toAvailability = (run: Run, { from, range, to }: RunJourney, found: RunSnapshot | null): Availability => ({
  trainId: run.trainId,
  date: run.date,
  from,
  to,
  classes: toClasses(run, range, found)
})

const knownTotals = new WeakMap<Availability, ReadonlyArray<ClassTotal>>()

const totals = (availability: Availability): ReadonlyArray<ClassTotal> => {
  const earlier = knownTotals.get(availability)
  if (earlier !== undefined) {
    return earlier
  }
  const made = availability.classes.map(({ quotas, travelClass }) => ({
    travelClass,
    free: quotas.reduce((sum, quota) => sum + quota.free, 0)
  }))
  knownTotals.set(availability, made)
  return made
}

const known = new KnownAnswers()

const counted = (run: Run, journey: RunJourney, found: RunSnapshot): Availability => {
  const earlier = known.find(run, journey, found)
  if (earlier !== undefined) {
    return earlier
  }
  const answer = toAvailability(run, journey, found)
  known.keep(run, journey, found, answer)
  return answer
}

const toClasses = (run: Run, range: LegRange, found: RunSnapshot | null): Availability["classes"] =>
  [...run.composition.classes.values()].flatMap(({ travelClass, waitlistMax }) => {
    const snapshot = found?.classes.get(travelClass)
    if (snapshot === undefined || snapshot.masks.size === 0) {
      return []
    }
    return [{ travelClass, quotas: toQuotas(travelClass, legsOf(run.route), range, snapshot, waitlistMax) }]
  })

const toQuotas = (
  travelClass: TravelClass,
  legs: number,
  range: LegRange,
  snapshot: ClassSnapshot,
  waitlistMax: number
): ReadonlyArray<QuotaAvailability> => {
  const layout = coachLayouts[travelClass]
  const taken = takenBays(snapshot.taken, legs, range)
  // In the railway's order: Redis has them in another one after each loading, and a watcher would take that for news.
  return Quota.literals.flatMap((quota) => {
    const mask = snapshot.masks.get(quota)
    if (mask === undefined) {
      return []
    }
    const free = mask.map((byte, bay) => byte & ~(taken[bay] ?? 0))
    return [{
      quota,
      quotaName: quotaNames[quota],
      free: countBits(free, 255),
      berths: Object.fromEntries(
        berthTypes.filter((type) => bayMask(layout, type) !== 0).map((type) => [
          type,
          countBits(free, bayMask(layout, type))
        ])
      ),
      rac: { free: 0 },
      waitlist: quota === "GN" ? { kind: "GNWL", waiting: snapshot.waitingPassengers, max: waitlistMax } : null
    }]
  })
}
