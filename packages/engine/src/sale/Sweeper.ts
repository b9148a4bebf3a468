import { slotOf } from "@berth/domain/RunId"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer, Metric } from "effect"
import { type HoldVerdict, Inventory, type LiveHold, type RunRef } from "../inventory/Inventory.ts"
import { Cancellations } from "../ledger/Cancellations.ts"
import { type HoldFact, HoldFacts } from "../ledger/HoldFacts.ts"
import { holdsDropped } from "../metrics/SaleMetrics.ts"
import { classOfRun } from "../timetable/Compositions.ts"
import { legsOf } from "../timetable/Routes.ts"
import { RunDirectory } from "../timetable/RunDirectory.ts"
import { keyHashOfHold } from "./BookingKey.ts"
import { freeLegs, leaveWaitlist } from "./FreedLegs.ts"
import { PromotionQueue } from "./PromotionQueue.ts"

/**
 * How long after its deadline a hold is left alone, ms. Until the deadline a twin may find the hold and write under it: in
 * 10 s the record takes the booking, and 10 s more its transaction may last. After 5 s more no commit is under way.
 */
const graceMillis = 25_000

/** Runs swept at once. */
const concurrency = 16

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

const make = Effect.gen(function*() {
  const inventory = yield* Inventory
  const facts = yield* HoldFacts
  const directory = yield* RunDirectory
  const promotions = yield* PromotionQueue
  const cancellations = yield* Cancellations
  const services = yield* Effect.context<Inventory | Cancellations | RunDirectory | PromotionQueue>()

  const sweepRun = Effect.fnUntraced(
    function*(ref: RunRef) {
      const holds = yield* inventory.overdue(ref, graceMillis)
      if (holds.length === 0) {
        return
      }
      const run = yield* directory.find(ref.trainId, ref.date)
      const known = yield* facts.find([...new Set(holds.map(({ holdId }) => keyHashOfHold(holdId)))])
      const byKey = new Map(known.map((fact) => [fact.keyHash, fact]))
      const verdicts = holds.map((hold) => verdictOn(hold, byKey.get(keyHashOfHold(hold.holdId)), run.gate.epoch))
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
      yield* promotions.wake(run.id)
    },
    Effect.catchTags({
      // Not on sale any more: its holds do not matter.
      TrainNotFound: () => Effect.void,
      OutsideBookingWindow: () => Effect.void,
      NotARunningDay: () => Effect.void
    })
  )

  return Sweeper.of({
    sweepHolds: Effect.flatMap(
      inventory.runsHeld,
      (runs) => Effect.forEach(runs, sweepRun, { concurrency, discard: true })
    ).pipe(Effect.withSpan("Sweeper.sweepHolds")),
    repeatReleases: Effect.gen(function*() {
      const unfreed = Map.groupBy(yield* cancellations.unfreed, ({ runId }) => runId)
      yield* Effect.forEach(unfreed, ([runId, sales]) => freeLegs(runId, sales[0]?.epoch ?? 0, sales), {
        discard: true
      })
      yield* Effect.forEach(yield* cancellations.leaving, leaveWaitlist, { discard: true })
    }).pipe(Effect.provide(services), Effect.withSpan("Sweeper.repeatReleases"))
  })
})
