import type { Pnr } from "@berth/domain/Pnr"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Effect, Option } from "effect"
import type { AllocateReply } from "../inventory/Inventory.ts"
import type { RunGate } from "../inventory/RunGate.ts"
import type { CommitOutcome } from "../ledger/NewBooking.ts"
import { classOfRun } from "../timetable/Compositions.ts"
import { legsOf } from "../timetable/Routes.ts"
import type { Attempt, Booked, BookError, Desk } from "./BookingAttempt.ts"
import { holdIdOf } from "./BookingKey.ts"
import { isKnownFull, learnOf } from "./KnownFull.ts"
import { makeOrder, type Order, partyOf } from "./Order.ts"
import { toConfirmed, toNewBooking, toWaiting } from "./OrderRows.ts"
import { beingChanged, conflict, soldOut, tooLate } from "./Refusals.ts"
import { makeRoomFor } from "./RoomForNewcomer.ts"

/** How long after the berths were given the record takes the booking; the hold itself lives longer. */
const commitMillisMax = 10_000

type Answer = Effect.Effect<Booked, BookError>
type Return<A> = Effect.fn.Return<A, BookError>

/**
 * A booking from its order to its answer, tried again where it lost a race. The way that nearly every one takes is written
 * without generators, which were measured to cost more than its rules. What an attempt needs beside the order is made
 * once it is known that there may be berths: a crowd that comes too late is refused for next to nothing.
 */
export const tryToBook = (
  desk: Desk,
  { caller, keyGiven, request }: Pick<Attempt, "caller" | "keyGiven" | "request">,
  attempting: Effect.Effect<Attempt, StoreUnavailable>
): Answer =>
  Effect.flatMapEager(makeOrder(desk, caller, request), (order) => {
    if (order.run.open && mayNotWait(keyGiven, order) && isKnownFull(desk.inventory, order)) {
      return Effect.fail(soldOut(order))
    }
    return Effect.flatMap(attempting, (attempt) =>
      !order.run.open
        ? prepare(desk, attempt, order)
        // Before berths are given: those of a booking that is refused later lie idle until its hold is swept.
        : Effect.andThen(
          (request.payment === "hold" ? desk.held : desk.commits).admit,
          allocate(desk, attempt, order)
        ))
  })

/** Whether there is nothing for the party but berths: no waitlist, and no answer that its key was given before. */
const mayNotWait = (keyGiven: boolean, order: Order): boolean => order.waitlistMax === 0 && !keyGiven

const prepare = Effect.fnUntraced(function*(desk: Desk, attempt: Attempt, order: Order): Return<Booked> {
  yield* desk.loader.prepare(order.run)
  yield* desk.directory.forget(order.run)
  return yield* again(desk, attempt, order, { holdNumber: 0 })
})

const allocate = (desk: Desk, attempt: Attempt, order: Order): Answer => {
  // Before the berths are given, so that a server that stood still in between does not write what was swept meanwhile.
  const deadlineMillis = desk.clock.nowMillisUnsafe() + commitMillisMax
  const gate = attempt.gate ?? order.run.gate
  const reply = desk.inventory.allocate({
    run: order.run,
    gate,
    classOfRun: classOfRun(order.composition, legsOf(order.run.route)),
    quota: attempt.request.quota,
    range: order.journey.range,
    holdId: holdIdOf(attempt.keyHash, attempt.holdNumber),
    fingerprint: attempt.fingerprint,
    party: partyOf(order),
    waitlistMax: order.waitlistMax,
    firstTry: !attempt.behind,
    tellsScattered: attempt.mayRepack && attempt.triesLeft > 0 && order.run.repack,
    settled: desk.settled.take(order.run.id, gate.epoch)
  })
  return Effect.flatMap(reply, (given) => answer(desk, attempt, order, given, deadlineMillis))
}

const answer = (desk: Desk, attempt: Attempt, order: Order, reply: AllocateReply, deadlineMillis: number): Answer => {
  switch (reply._tag) {
    case "Held":
    case "Waiting": {
      const slots = reply._tag === "Held" ? reply.slots : null
      const write = commit(desk, attempt, order, { slots, gate: reply.gate, deadlineMillis })
      return reply.known ? replayOr(desk, attempt, write) : write
    }
    // A twin may have taken the last berth for the same caller, or have written under a hold that is too old by now.
    case "Full":
    case "Late": {
      const refusal = Effect.fail(reply._tag === "Full" ? soldOut(order) : tooLate)
      return attempt.keyGiven
        ? replayOr(desk, attempt, refusal)
        : mayNotWait(attempt.keyGiven, order)
        ? Effect.andThen(Effect.ignore(learnOf(desk.inventory, order)), refusal)
        : refusal
    }
    // A hold of this key was given back: the booking was cancelled since, or never made.
    case "Ended":
      return replayOr(desk, attempt, again(desk, attempt, order, { holdNumber: attempt.holdNumber + 1 }))
    case "Scattered":
      return Effect.flatMap(makeRoomFor(desk, order), (mayRepack) => again(desk, attempt, order, { mayRepack }))
    // Somebody who waits may fit by now and comes first.
    case "Behind":
      return Effect.andThen(desk.promoter.promote(order.run.id), again(desk, attempt, order, { behind: true }))
    case "Conflict":
      return Effect.fail(conflict)
    case "Gate":
      return catchUp(desk, attempt, order, reply.gate)
  }
}

/** What Redis gave: berths, or that the party waits. */
interface Given {
  readonly slots: ReadonlyArray<number> | null
  readonly gate: RunGate
  /** Business time until which the record may take it. */
  readonly deadlineMillis: number
}

/** Writes what Redis gave into the record. */
const commit = (desk: Desk, attempt: Attempt, order: Order, given: Given): Answer => {
  const isHeld = order.request.payment === "hold"
  const holdId = holdIdOf(attempt.keyHash, attempt.holdNumber)
  const booking = toNewBooking(order, {
    pnr: attempt.pnr,
    keyHash: attempt.keyHash,
    holdId,
    fingerprint: attempt.fingerprint,
    epoch: given.gate.epoch,
    slots: given.slots,
    deadlineMillis: given.deadlineMillis
  })
  const written = isHeld ? desk.held.commit(booking, desk.fares.of(order)) : desk.commits.commit(booking)
  return Effect.flatMap(written, ({ ahead, bookedAt, outcome, waitlistNumber }) => {
    if (outcome !== "committed") return settle(desk, attempt, order, given, outcome)
    if (given.slots === null) {
      return ahead === undefined || waitlistNumber === null
        ? asBooked(desk, attempt.pnr)
        : Effect.succeed({
          booking: toWaiting(order, attempt.pnr, { ahead, waitlistNumber }, bookedAt),
          replayed: false
        })
    }
    desk.settled.note(order.run.id, given.gate.epoch, holdId)
    return isHeld
      ? asBooked(desk, attempt.pnr)
      : Effect.succeed({ booking: toConfirmed(order, attempt.pnr, given.slots, bookedAt), replayed: false })
  })
}

const settle = Effect.fnUntraced(function*(
  desk: Desk,
  attempt: Attempt,
  order: Order,
  given: Given,
  outcome: Exclude<CommitOutcome["outcome"], "committed">
): Return<Booked> {
  const next = { holdNumber: attempt.holdNumber + 1 }
  switch (outcome) {
    // The winner's hold may be the same as this one, so it is left to the sweep, which asks the record.
    case "duplicate":
      return yield* replayOr(desk, attempt, again(desk, attempt, order, next))
    case "late":
      yield* drop(desk, attempt, order, given.gate)
      return yield* tooLate
    case "fenced":
      yield* desk.directory.forget(order.run)
      return yield* again(desk, attempt, order, { holdNumber: 0 })
    case "withdrawn":
      yield* drop(desk, attempt, order, given.gate)
      yield* desk.applier.applyAll
      return yield* again(desk, attempt, order, next)
    // Redis offered a berth that the record has sold: what it has of this run cannot be relied on.
    case "taken":
      yield* Effect.logWarning(`Redis offered a sold berth of train ${order.run.trainId} on ${order.run.date}`)
      yield* desk.loader.prepare(order.run)
      return yield* again(desk, attempt, order, { holdNumber: 0 })
  }
})

/** The answer that the key was given before, if it was used, else what comes of `otherwise`. */
const replayOr = Effect.fnUntraced(function*(
  desk: Desk,
  attempt: Attempt,
  otherwise: Effect.Effect<Booked, BookError>
): Return<Booked> {
  const { bookings } = desk
  const key = yield* bookings.findKey(attempt.keyHash)
  if (Option.isNone(key)) {
    return yield* otherwise
  }
  if (key.value.fingerprint !== attempt.fingerprint) {
    return yield* conflict
  }
  const booking = yield* bookings.asBooked(key.value.pnr)
  return Option.isSome(booking) ? { booking: booking.value, replayed: true } : yield* otherwise
})

const again = (
  desk: Desk,
  attempt: Attempt,
  order: Order,
  change: Partial<Attempt>
): Effect.Effect<Booked, BookError> =>
  attempt.triesLeft === 0
    ? Effect.fail(beingChanged(order))
    // When its turn has come: what is done before it may change what the run, its seats and its time are.
    : Effect.suspend(() =>
      tryToBook(
        desk,
        attempt,
        Effect.succeed({ ...attempt, gate: undefined, ...change, triesLeft: attempt.triesLeft - 1 })
      )
    )

/** Redis and this server disagree about the run: learn which is behind, and mend it. */
const catchUp = Effect.fnUntraced(
  function*(desk: Desk, attempt: Attempt, order: Order, gate: RunGate | null): Return<Booked> {
    const { directory } = desk
    yield* directory.forget(order.run)
    const run = yield* directory.find(order.run.trainId, order.run.date)
    const redisBehind = gate === null || gate.epoch < run.gate.epoch ||
      (gate.epoch === run.gate.epoch && gate.version < run.gate.version)
    if (redisBehind) {
      yield* desk.loader.prepare(run)
      return yield* again(desk, attempt, order, { holdNumber: 0 })
    }
    const holdNumber = run.gate.epoch === order.run.gate.epoch ? attempt.holdNumber : 0
    // An edit that Redis shows and the record is about to note.
    return yield* again(desk, attempt, order, { holdNumber, ...gate.epoch === run.gate.epoch ? { gate } : {} })
  }
)

/**
 * Gives back what Redis gave for an attempt that the record refused. Where a key was given, a twin may be writing under
 * the same hold at this moment, so it is left to the sweep, which asks the record; so it is where Redis is away.
 */
const drop = Effect.fnUntraced(function*(desk: Desk, attempt: Attempt, order: Order, gate: RunGate) {
  if (attempt.keyGiven) {
    return
  }
  yield* desk.inventory.judge({
    run: order.run,
    epoch: gate.epoch,
    classes: [classOfRun(order.composition, legsOf(order.run.route))],
    verdicts: [{ _tag: "Drop", holdId: holdIdOf(attempt.keyHash, attempt.holdNumber) }]
  })
  yield* desk.promotions.wake(order.run.id)
}, Effect.catchTag("StoreUnavailable", () => Effect.void))

const asBooked = Effect.fnUntraced(function*(desk: Desk, pnr: Pnr): Return<Booked> {
  const booking = yield* desk.bookings.asBooked(pnr)
  return Option.isSome(booking)
    ? { booking: booking.value, replayed: false }
    : yield* Effect.die(new Error(`booking ${pnr} was committed and is not in the record`))
})
