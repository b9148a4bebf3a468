import { slotOf } from "@berth/domain/RunId"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Array as Arr, Context, Duration, Effect, Layer, Metric, Option } from "effect"
import { type HoldVerdict, Inventory, type LiveHold, type RunRef } from "../inventory/Inventory.ts"
import { Cancellations } from "../ledger/Cancellations.ts"
import { type HoldFact, HoldFacts } from "../ledger/HoldFacts.ts"
import { holdsDropped } from "../metrics/SaleMetrics.ts"
import { classOfRun } from "../timetable/Compositions.ts"
import { legsOf } from "../timetable/Routes.ts"
import { type Run, RunDirectory } from "../timetable/RunDirectory.ts"
import { keyHashOfHold } from "./BookingKey.ts"
import { freeLegs, leaveWaitlist } from "./FreedLegs.ts"
import { PromotionQueue } from "./PromotionQueue.ts"

/**
 * How long after its deadline a hold is left alone, ms. Until the deadline a twin may find the hold and write under it: in
 * 10 s the record takes the booking, and 10 s more its transaction may last. After 5 s more no commit is under way.
 */
const graceMillis = 25_000

/** Runs swept at once, whose holds the record is asked about together. */
const runsAtOnce = 16

/** Keys that the record is asked about at once. */
const keysAtOnce = 500

/**
 * Between runs and the next ones it rests so many times as long as they took: a thousand runs on sale, swept at once, were
 * measured to keep bookings waiting for a second and more.
 */
const restTimes = 4

/** Ends what was begun and not finished: holds of dead servers, releases that Redis has not confirmed. */
export class Sweeper extends Context.Service<Sweeper, {
  /** Asks the record about every hold whose time is over. */
  readonly sweepHolds: Effect.Effect<void, StoreUnavailable>
  /** Tells Redis again of cancellations that it has not confirmed. */
  readonly repeatReleases: Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/sale/Sweeper") {
  static readonly layer = Layer.effect(Sweeper, Effect.suspend(() => make))
}

/**
 * What becomes of a hold of the given epoch, by what the record knows of its key. Berths that the booking got in an earlier
 * epoch are not this hold's: it was made for a repeated call of which Redis had forgotten the first.
 */
export const verdictOn = (hold: LiveHold, fact: HoldFact | undefined, epoch: number): HoldVerdict => {
  const { holdId } = hold
  if (fact?.waiting?.holdId === holdId) {
    return { _tag: "Park", holdId, passengers: fact.waiting.passengers }
  }
  const given = new Set(fact?.berths.map(slotOf))
  return hold.state === "held" && fact?.epoch === epoch && hold.slots.every((slot) => given.has(slot))
    ? { _tag: "Settle", holdId }
    : { _tag: "Drop", holdId }
}

interface Due {
  readonly run: Run
  readonly holds: ReadonlyArray<LiveHold>
}

const make = Effect.gen(function*() {
  const inventory = yield* Inventory
  const facts = yield* HoldFacts
  const directory = yield* RunDirectory
  const promotions = yield* PromotionQueue
  const cancellations = yield* Cancellations
  const services = yield* Effect.context<Inventory | Cancellations | RunDirectory | PromotionQueue>()

  /** The run and its holds that are due; none where it is not on sale any more, for then they do not matter. */
  const dueOn = (ref: RunRef) =>
    Effect.flatMap(inventory.overdue(ref, graceMillis), (holds) =>
      holds.length === 0
        ? Effect.succeedNone
        : Effect.map(directory.find(ref.trainId, ref.date), (run) => Option.some({ run, holds })).pipe(
          Effect.catchTags({
            TrainNotFound: () => Effect.succeedNone,
            OutsideBookingWindow: () => Effect.succeedNone,
            NotARunningDay: () => Effect.succeedNone
          })
        ))

  const judge = Effect.fnUntraced(function*({ holds, run }: Due, known: ReadonlyMap<string, HoldFact>) {
    const verdicts = holds.map((hold) => verdictOn(hold, known.get(keyHashOfHold(hold.holdId)), run.gate.epoch))
    yield* inventory.judge({
      run,
      epoch: run.gate.epoch,
      classes: [...run.composition.classes.values()].map((composed) => classOfRun(composed, legsOf(run.route))),
      verdicts,
      graceMillis
    })
    const drops = verdicts.filter(({ _tag }) => _tag === "Drop").length
    if (drops > 0) {
      yield* Effect.logInfo(`Gave back ${drops} holds of train ${run.trainId} on ${run.date} that were never booked`)
      yield* Metric.update(holdsDropped, drops)
    }
    // Nearly all holds were booked, or wait, and free nothing that somebody waits for.
    if (verdicts.some(({ _tag }, n) => _tag === "Drop" || _tag === "Park" && holds[n]?.state === "held")) {
      yield* promotions.wake(run.id)
    }
  })

  const sweepRuns = Effect.fnUntraced(function*(refs: ReadonlyArray<RunRef>) {
    const due = Arr.getSomes(yield* Effect.forEach(refs, dueOn, { concurrency: "unbounded" }))
    const keys = [...new Set(due.flatMap(({ holds }) => holds.map(({ holdId }) => keyHashOfHold(holdId))))]
    const known = yield* Effect.forEach(Arr.chunksOf(keys, keysAtOnce), facts.find)
    const byKey = new Map(known.flat().map((fact) => [fact.keyHash, fact]))
    yield* Effect.forEach(due, (run) => judge(run, byKey), { concurrency: "unbounded", discard: true })
  })

  const sweepHolds = Effect.gen(function*() {
    const [first = [], ...others] = Arr.chunksOf(yield* inventory.runsHeld, runsAtOnce)
    let [took] = yield* Effect.timed(sweepRuns(first))
    for (const refs of others) {
      yield* Effect.sleep(Duration.times(took, restTimes))
      ;[took] = yield* Effect.timed(sweepRuns(refs))
    }
  })

  return Sweeper.of({
    sweepHolds: Effect.withSpan(sweepHolds, "Sweeper.sweepHolds"),
    repeatReleases: Effect.gen(function*() {
      const unfreed = Map.groupBy(yield* cancellations.unfreed, ({ runId }) => runId)
      yield* Effect.forEach(unfreed, ([runId, sales]) => freeLegs(runId, sales[0]?.epoch ?? 0, sales), {
        discard: true
      })
      yield* Effect.forEach(yield* cancellations.leaving, leaveWaitlist, { discard: true })
    }).pipe(Effect.provide(services), Effect.withSpan("Sweeper.repeatReleases"))
  })
})
