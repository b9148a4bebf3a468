import { berthWish } from "@berth/domain/rules/BerthWish"
import { runBerthOf } from "@berth/domain/RunId"
import { RunPreparing, type StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, DateTime, Effect, Layer, Option } from "effect"
import { Inventory } from "../inventory/Inventory.ts"
import type { RunGate } from "../inventory/RunGate.ts"
import { type DuePayment, type LateParty, PaymentRecords, type SeatingOutcome } from "../ledger/PaymentRecords.ts"
import { StoreClock } from "../ledger/StoreClock.ts"
import { holdIdOf, keyHashOfLate, noFingerprint } from "../sale/BookingKey.ts"
import { hasLeft } from "../sale/Order.ts"
import { Promoter } from "../sale/Promoter.ts"
import { RunLoader } from "../seeding/RunLoader.ts"
import { type ClassComposition, classOfRun } from "../timetable/Compositions.ts"
import { legsOf } from "../timetable/Routes.ts"
import { type Run, RunDirectory } from "../timetable/RunDirectory.ts"

/** How long after the berths were given the record takes them. */
const commitMillisMax = 10_000

/** How often it is tried at once that lost a race with an edit, a rebuild or another booking. */
const triesMax = 4

/** What came of one try: done by this or another, nothing left for the party, or to be tried again. */
type Tried = "done" | "full" | "again" | "againWithNewHold"

/**
 * Seats a party again whose hold expired before its money came: from what is free to newcomers, under the same PNR. Those
 * who wait come first, as always.
 */
export class LateSeating extends Context.Service<LateSeating, {
  /** False where there is nothing for the party any more; what is found in the way is tried again later. */
  seat(payment: DuePayment): Effect.Effect<boolean, StoreUnavailable | RunPreparing>
}>()("@berth/engine/payment/LateSeating") {
  static readonly layer = Layer.effect(LateSeating, Effect.suspend(() => make))
}

interface Seating {
  readonly payment: DuePayment
  readonly party: LateParty
  readonly run: Run
  readonly composed: ClassComposition
  readonly holdId: string
}

/** Redis and the record of the run disagree, or one of them has changed. */
const makeCatchUp = Effect.gen(function*() {
  const directory = yield* RunDirectory
  const loader = yield* RunLoader
  return Effect.fnUntraced(function*(known: Run, gate: RunGate | null) {
    yield* directory.forget(known)
    const run = yield* directory.byId(known.id)
    if (Option.isSome(run) && (gate === null || gate.epoch < run.value.gate.epoch || !run.value.open)) {
      yield* loader.prepare(run.value)
      yield* directory.forget(known)
    }
  })
})

const partyOf = ({ lowerBerthsMin, passengers, sameCoach }: LateParty) => ({
  wishes: passengers.map(({ age, gender, wish }) =>
    wish ?? berthWish({ name: "", age, ...(gender === null ? {} : { gender }) })
  ),
  sameCoach,
  lowerBerthsMin
})

const makeWrite = Effect.gen(function*() {
  const clock = yield* StoreClock
  const loader = yield* RunLoader
  const records = yield* PaymentRecords
  const catchUp = yield* makeCatchUp

  // Nothing is given back here: another at the same payment has the same hold. What was not committed is left to the sweep.
  const settle = Effect.fnUntraced(function*({ run }: Seating, outcome: SeatingOutcome) {
    switch (outcome) {
      case "committed":
      case "gone":
        return "done" as const
      case "lost":
        yield* loader.prepare(run)
        return "againWithNewHold" as const
      case "fenced":
        yield* catchUp(run, run.gate)
        return "againWithNewHold" as const
      case "late":
        return "again" as const
    }
  })

  return Effect.fnUntraced(function*(seating: Seating, slots: ReadonlyArray<number>, epoch: number) {
    const { composed, party, payment, run } = seating
    const deadline = DateTime.add(yield* clock.now, { milliseconds: commitMillisMax })
    const outcome = yield* records.seatLate(payment.id, keyHashOfLate(payment.gatewayId), {
      pnr: payment.pnr,
      runId: run.id,
      epoch,
      deadline: DateTime.formatIso(deadline),
      seats: party.passengers.map(({ number }, index) => ({
        number,
        berth: runBerthOf(run.id, composed.travelClass, slots[index] ?? -1)
      }))
    })
    return yield* settle(seating, outcome)
  })
})

const makeTry = Effect.gen(function*() {
  const inventory = yield* Inventory
  const promoter = yield* Promoter
  const catchUp = yield* makeCatchUp
  const write = yield* makeWrite

  return Effect.fnUntraced(
    function*(seating: Seating): Effect.fn.Return<Tried, StoreUnavailable | RunPreparing> {
      const { composed, holdId, party, run } = seating
      const ofClass = classOfRun(composed, legsOf(run.route))
      // Else the sweep would take the expired hold for one that was never booked, and free its berths a second time.
      const settled = yield* inventory.judge({
        run,
        epoch: run.gate.epoch,
        classes: [ofClass],
        verdicts: [{ _tag: "Settle", holdId: party.holdId }]
      })
      if (settled !== "Applied") {
        yield* catchUp(run, null)
        return "again"
      }
      const reply = yield* inventory.allocate({
        run,
        gate: run.gate,
        classOfRun: ofClass,
        quota: party.quota,
        range: { from: party.fromStop, to: party.toStop },
        holdId,
        fingerprint: noFingerprint,
        party: partyOf(party),
        waitlistMax: 0,
        firstTry: true,
        tellsScattered: false,
        settled: []
      })
      switch (reply._tag) {
        case "Held":
          return yield* write(seating, reply.slots, reply.gate.epoch)
        case "Full":
        case "Scattered":
        case "Waiting":
          return "full"
        case "Ended":
        case "Conflict":
          return "againWithNewHold"
        case "Behind":
          yield* promoter.promote(run.id)
          return "again"
        case "Late":
          return "again"
        case "Gate":
          yield* catchUp(run, reply.gate)
          return "again"
      }
    }
  )
})

const make = Effect.gen(function*() {
  const clock = yield* StoreClock
  const directory = yield* RunDirectory
  const records = yield* PaymentRecords
  const tryOnce = yield* makeTry

  const seat = Effect.fn("LateSeating.seat")(
    function*(payment: DuePayment): Effect.fn.Return<boolean, StoreUnavailable | RunPreparing> {
      const late = yield* records.lateParty(payment.id)
      if (Option.isNone(late)) {
        return true
      }
      const party = late.value
      let holdNumber = 0
      for (let tries = 0; tries < triesMax; tries++) {
        const run = yield* directory.byId(party.runId)
        const composed = Option.getOrUndefined(run)?.composition.classes.get(party.travelClass)
        const range = { from: party.fromStop, to: party.toStop }
        if (
          Option.isNone(run) || composed === undefined || !composed.masks.has(party.quota) ||
          hasLeft(clock, run.value, { range })
        ) {
          return false
        }
        const holdId = holdIdOf(keyHashOfLate(payment.gatewayId), holdNumber)
        const tried = yield* tryOnce({ payment, party, run: run.value, composed, holdId })
        if (tried === "done" || tried === "full") {
          return tried === "done"
        }
        holdNumber += tried === "againWithNewHold" ? 1 : 0
        if (tries === triesMax - 1) {
          return yield* new RunPreparing({
            trainId: run.value.trainId,
            date: run.value.date,
            retryAfterSeconds: 1,
            detail: `Train ${run.value.trainId} of ${run.value.date} is being changed. Try again in a second.`
          })
        }
      }
      return false
    },
    Effect.uninterruptible
  )

  return LateSeating.of({ seat })
})
