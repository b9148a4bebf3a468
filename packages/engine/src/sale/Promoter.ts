import { berthWish } from "@berth/domain/rules/BerthWish"
import { runBerthOf } from "@berth/domain/RunId"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TravelClass } from "@berth/domain/TravelClass"
import { Context, DateTime, Effect, Layer, Metric, Option } from "effect"
import {
  type HoldVerdict,
  Inventory,
  type LiveHold,
  type PromoteReply,
  type WaitingParty
} from "../inventory/Inventory.ts"
import { HoldFacts } from "../ledger/HoldFacts.ts"
import { StoreClock } from "../ledger/StoreClock.ts"
import { type PromotionOutcome, type WaitingBooking, Waitlist } from "../ledger/Waitlist.ts"
import { countPromotion } from "../metrics/CommitMetrics.ts"
import { promoted } from "../metrics/SaleMetrics.ts"
import { RunLoader } from "../seeding/RunLoader.ts"
import { type ClassComposition, classOfRun } from "../timetable/Compositions.ts"
import { legsOf } from "../timetable/Routes.ts"
import { type Run, RunDirectory } from "../timetable/RunDirectory.ts"
import { keyHashOfHold } from "./BookingKey.ts"
import { Repacker } from "./Repacker.ts"
import { verdictOn } from "./Sweeper.ts"

/** How long after the berths were given the record takes a promotion. */
const commitMillisMax = 10_000

/**
 * Gives what was set free to those who wait, in the order of their numbers, before newcomers see it. A party that what is
 * free cannot seat is skipped for the first that it can; one that it can seat is never passed.
 */
export class Promoter extends Context.Service<Promoter, {
  /** One pass over a run; true where nothing is left to do. */
  promote(runId: number): Effect.Effect<boolean, StoreUnavailable>
}>()("@berth/engine/sale/Promoter") {
  static readonly layer = Layer.effect(Promoter, Effect.suspend(() => make))
}

export const toWaitingParty = (party: WaitingBooking): WaitingParty => ({
  holdId: party.holdId,
  range: { from: party.fromStop, to: party.toStop },
  party: {
    wishes: party.passengers.map(({ age, gender, wish }) =>
      wish ?? berthWish({ name: "", age, ...(gender === null ? {} : { gender }) })
    ),
    sameCoach: party.sameCoach,
    lowerBerthsMin: Math.min(party.lowerBerthsMin, party.passengers.length)
  }
})

/** What Redis is told of berths that it gave to a waiting party. */
const verdict = Effect.fnUntraced(function*(
  outcome: PromotionOutcome,
  party: WaitingBooking,
  seated: PromoteReply["seated"][number] & Pick<LiveHold, "travelClass">,
  epoch: number
): Effect.fn.Return<HoldVerdict, StoreUnavailable, HoldFacts> {
  const { holdId } = party
  switch (outcome) {
    case "committed":
      return { _tag: "Settle", holdId }
    // Some cancelled in the meantime: only the record knows whether the others still wait.
    case "gone": {
      const [fact] = yield* (yield* HoldFacts).find([keyHashOfHold(holdId)])
      const hold: LiveHold = { ...seated, state: "held", range: { from: party.fromStop, to: party.toStop } }
      return verdictOn(hold, fact, epoch)
    }
    default:
      return { _tag: "Park", holdId, passengers: party.passengers.length }
  }
})

/** Gives others another berth for those who wait, class by class; answers whether somebody was moved. */
const makeRoom = Effect.fnUntraced(function*(
  repacker: Repacker["Service"],
  run: Run,
  waiting: ReadonlyMap<TravelClass, ReadonlyArray<WaitingBooking>>
) {
  for (const [travelClass, parties] of waiting) {
    const composed = run.composition.classes.get(travelClass)
    const outcome = composed === undefined ? "none" : yield* repacker.makeRoom({
      run,
      composed,
      quota: "GN",
      parties: parties.map(toWaitingParty)
    })
    if (outcome === "moved") {
      return true
    }
  }
  return false
})

/** Writes what Redis gave to a waiting party into the record, and tells Redis what came of it. */
const makeCommit = Effect.gen(function*() {
  const loader = yield* RunLoader
  const inventory = yield* Inventory
  const waitlist = yield* Waitlist
  const services = yield* Effect.context<HoldFacts>()

  return Effect.fnUntraced(function*(
    run: Run,
    composed: ClassComposition,
    party: WaitingBooking,
    seated: PromoteReply["seated"][number],
    epoch: number,
    deadline: DateTime.Utc
  ) {
    const outcome = yield* waitlist.promote({
      pnr: party.pnr,
      runId: run.id,
      epoch,
      deadline: DateTime.formatIso(deadline),
      seats: party.passengers.map(({ number }, index) => ({
        number,
        berth: runBerthOf(run.id, composed.travelClass, seated.slots[index] ?? -1)
      }))
    })
    yield* countPromotion(outcome)
    yield* inventory.judge({
      run,
      epoch,
      classes: [classOfRun(composed, legsOf(run.route))],
      verdicts: [
        yield* verdict(outcome, party, { ...seated, travelClass: composed.travelClass }, epoch).pipe(
          Effect.provide(services)
        )
      ]
    })
    // Redis gave what the record has sold or withdrawn: what it has of this run cannot be relied on.
    if (outcome === "lost") {
      yield* Effect.catchTag(loader.prepare(run), "RunPreparing", () => Effect.void)
    }
    if (outcome === "committed") {
      yield* Metric.update(promoted, 1)
    }
    return outcome === "committed"
  })
})

const make = Effect.gen(function*() {
  const inventory = yield* Inventory
  const waitlist = yield* Waitlist
  const directory = yield* RunDirectory
  const clock = yield* StoreClock
  const repacker = yield* Repacker
  const commit = yield* makeCommit

  const promoteClass = Effect.fnUntraced(function*(
    run: Run,
    composed: ClassComposition,
    parties: ReadonlyArray<WaitingBooking>
  ) {
    // Of before the berths are given, and the same for all of them: what is written later may have been swept meanwhile.
    const deadline = DateTime.add(yield* clock.now, { milliseconds: commitMillisMax })
    const reply = yield* inventory.promote({
      run,
      gate: run.gate,
      classOfRun: classOfRun(composed, legsOf(run.route)),
      quota: "GN",
      waiting: parties.map(toWaitingParty)
    })
    if (reply._tag === "Gate") {
      yield* directory.forget(run)
      return { clear: false, seatedSome: false }
    }
    const byHold = new Map(parties.map((party) => [party.holdId, party]))
    const committed = yield* Effect.forEach(reply.seated, (seated) => {
      const party = byHold.get(seated.holdId)
      return party === undefined
        ? Effect.succeed(false)
        : commit(run, composed, party, seated, reply.gate.epoch, deadline)
    })
    return {
      clear: reply.cleared && committed.every((done) => done),
      seatedSome: reply.seated.length > 0 && reply.seated.length < parties.length
    }
  })

  const waitingByClass = (runId: number) =>
    Effect.map(waitlist.waiting(runId), (parties) => Map.groupBy(parties, ({ travelClass }) => travelClass))

  const promote = Effect.fn("Promoter.promote")(function*(runId: number) {
    const found = yield* directory.byId(runId)
    if (Option.isNone(found) || !found.value.open) {
      return true
    }
    const waiting = yield* waitingByClass(runId)
    // Before newcomers see what nobody waiting can use as it is.
    const moved = yield* makeRoom(repacker, found.value, waiting)
    const run = moved ? yield* directory.byId(runId) : found
    if (Option.isNone(run) || !run.value.open) {
      return false
    }
    const done = yield* Effect.forEach(
      run.value.composition.classes.values(),
      (composed) => promoteClass(run.value, composed, waiting.get(composed.travelClass) ?? [])
    )
    // Who was seated left those behind with other gaps, so that for them there may be room to make by now.
    const movedSince = !moved && done.some(({ seatedSome }) => seatedSome) &&
      (yield* makeRoom(repacker, run.value, yield* waitingByClass(runId)))
    // After one class of it was loaded anew, another may have room to make.
    return !moved && !movedSince && done.every(({ clear }) => clear)
  }, Effect.uninterruptible)

  return Promoter.of({ promote })
})
