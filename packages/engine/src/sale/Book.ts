import type { CurrentUser } from "@berth/domain/Auth"
import type { bookErrors } from "@berth/domain/BerthApi"
import type { Booking } from "@berth/domain/Booking"
import { IdempotencyConflict, SoldOut } from "@berth/domain/BookingErrors"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import type { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import type { Pnr } from "@berth/domain/Pnr"
import { Overloaded, RunPreparing } from "@berth/domain/ServiceErrors"
import { Context, DateTime, Effect, Layer, Option } from "effect"
import { type AllocateReply, Inventory } from "../inventory/Inventory.ts"
import type { RunGate } from "../inventory/RunGate.ts"
import { BookingCommits } from "../ledger/BookingCommits.ts"
import { Bookings } from "../ledger/Bookings.ts"
import { PnrSequence } from "../ledger/PnrSequence.ts"
import { StoreClock } from "../ledger/StoreClock.ts"
import { ConfigApplier } from "../seeding/ConfigApplier.ts"
import { RunLoader } from "../seeding/RunLoader.ts"
import { classOfRun } from "../timetable/Compositions.ts"
import { legsOf } from "../timetable/Routes.ts"
import { RunDirectory } from "../timetable/RunDirectory.ts"
import type { Stations } from "../timetable/Stations.ts"
import { fingerprintOf, holdIdOf, keyHashOf } from "./BookingKey.ts"
import { makeOrder, type Order } from "./Order.ts"
import { toConfirmed, toNewBooking } from "./OrderRows.ts"
import { PromotionQueue } from "./PromotionQueue.ts"

/** How long after the berths were given the record takes the booking; the hold itself lives longer. */
const commitMillisMax = 10_000

/** How often a booking is tried again that lost a race with an edit, a rebuild or another booking. */
const triesMax = 4

export type BookError = InstanceType<(typeof bookErrors)[number]>

/** The answer to a booking; `replayed` where its key had been used before. */
export interface Booked {
  readonly booking: Booking
  readonly replayed: boolean
}

/** Sells berths: the whole party in one call to Redis and one commit, answered after the commit. */
export class Book extends Context.Service<Book, {
  book(options: {
    readonly caller: CurrentUser["Service"]
    readonly request: BookingRequest
    readonly key: IdempotencyKey | undefined
  }): Effect.Effect<Booked, BookError>
}>()("@berth/engine/sale/Book") {
  static readonly layer = Layer.effect(Book, Effect.suspend(() => make))
}

/** One call of `book`, through all its attempts. */
interface Attempt {
  readonly caller: CurrentUser["Service"]
  readonly request: BookingRequest
  readonly keyGiven: boolean
  readonly keyHash: string
  readonly fingerprint: string
  readonly pnr: Pnr
  /** Raised where the hold before was ended. */
  readonly holdNumber: number
  readonly triesLeft: number
  /** What Redis said its gate is, where the record is about to say the same. */
  readonly gate: RunGate | undefined
}

const conflict = new IdempotencyConflict({
  detail: "This Idempotency-Key was used for another booking. Use a new key for a new booking."
})

const soldOut = ({ request }: Order) =>
  new SoldOut({
    trainId: request.trainId,
    date: request.date,
    travelClass: request.travelClass,
    quota: request.quota,
    detail: request.conditions?.onlyIfConfirmed === true
      ? `Class ${request.travelClass} has no berths left for the whole party under its conditions.`
      : `Class ${request.travelClass} is sold out in quota ${request.quota}, and its waitlist takes no more.`
  })

const tooLate = new Overloaded({
  retryAfterSeconds: 1,
  detail: "The booking could not be made in time, and was not made. Try again in a second with the same key."
})

const make = Effect.gen(function*() {
  const inventory = yield* Inventory
  const commits = yield* BookingCommits
  const bookings = yield* Bookings
  const pnrs = yield* PnrSequence
  const clock = yield* StoreClock
  const directory = yield* RunDirectory
  const loader = yield* RunLoader
  const applier = yield* ConfigApplier
  const promotions = yield* PromotionQueue
  const services = yield* Effect.context<RunDirectory | StoreClock | Stations>()

  /** What the key was used for, if it was. */
  const replay = Effect.fnUntraced(function*(attempt: Attempt) {
    const key = yield* bookings.findKey(attempt.keyHash)
    if (Option.isNone(key)) {
      return Option.none<Booked>()
    }
    if (key.value.fingerprint !== attempt.fingerprint) {
      return yield* conflict
    }
    const booking = yield* bookings.asBooked(key.value.pnr)
    return Option.map(booking, (found) => ({ booking: found, replayed: true }))
  })

  const again = (attempt: Attempt, order: Order, change: Partial<Attempt>): Effect.Effect<Booked, BookError> =>
    attempt.triesLeft === 0
      ? Effect.fail(
        new RunPreparing({
          trainId: order.run.trainId,
          date: order.run.date,
          retryAfterSeconds: 1,
          detail: `Train ${order.run.trainId} of ${order.run.date} is being changed. Try again in a second.`
        })
      )
      : tryToBook({ ...attempt, gate: undefined, ...change, triesLeft: attempt.triesLeft - 1 })

  /** Redis and this server disagree about the run: learn which is behind, and mend it. */
  const catchUp = Effect.fnUntraced(function*(attempt: Attempt, order: Order, gate: RunGate | null) {
    yield* directory.forget(order.run)
    const run = yield* directory.find(order.run.trainId, order.run.date)
    const redisBehind = gate === null || gate.epoch < run.gate.epoch
      || (gate.epoch === run.gate.epoch && gate.version < run.gate.version)
    if (redisBehind) {
      yield* loader.prepare(run)
      return yield* again(attempt, order, {})
    }
    // An edit that Redis shows and the record is about to note.
    return yield* again(attempt, order, gate.epoch === run.gate.epoch ? { gate } : {})
  })

  /** Gives back what Redis gave for an attempt that the record refused; the sweep does it where Redis is away. */
  const drop = (attempt: Attempt, order: Order, gate: RunGate) =>
    inventory.judge({
      run: order.run,
      epoch: gate.epoch,
      classes: [classOfRun(order.composition, legsOf(order.run.route))],
      verdicts: [{ _tag: "Drop", holdId: holdIdOf(attempt.keyHash, attempt.holdNumber) }]
    }).pipe(
      Effect.andThen(promotions.wake(order.run.id)),
      Effect.catchTag("StoreUnavailable", () => Effect.void)
    )

  const settle = Effect.fnUntraced(function*(
    attempt: Attempt,
    order: Order,
    given: { readonly slots: ReadonlyArray<number> | null; readonly gate: RunGate }
  ): Effect.fn.Return<Booked, BookError> {
    const committed = yield* commits.commit(toNewBooking(order, {
      pnr: attempt.pnr,
      keyHash: attempt.keyHash,
      holdId: holdIdOf(attempt.keyHash, attempt.holdNumber),
      fingerprint: attempt.fingerprint,
      epoch: given.gate.epoch,
      slots: given.slots,
      deadline: DateTime.add(yield* clock.now, { milliseconds: commitMillisMax })
    }))
    const next = { holdNumber: attempt.holdNumber + 1 }
    switch (committed.outcome) {
      case "committed":
        return given.slots === null
          ? yield* waitlisted(attempt.pnr)
          : { booking: toConfirmed(order, attempt.pnr, given.slots, committed.createdAt), replayed: false }
      // The winner's hold may be the same as this one, so it is left to the sweep, which asks the record.
      case "duplicate":
        return yield* Effect.flatMap(
          replay(attempt),
          Option.match({
            onNone: () => again(attempt, order, next),
            onSome: Effect.succeed
          })
        )
      case "late":
        yield* drop(attempt, order, given.gate)
        return yield* tooLate
      case "fenced":
        yield* drop(attempt, order, given.gate)
        yield* directory.forget(order.run)
        return yield* again(attempt, order, next)
      case "withdrawn":
        yield* drop(attempt, order, given.gate)
        yield* applier.applyAll
        return yield* again(attempt, order, next)
      // Redis offered a berth that the record has sold: what it has of this run cannot be relied on.
      case "taken":
        yield* Effect.logWarning(`Redis offered a sold berth of train ${order.run.trainId} on ${order.run.date}`)
        yield* loader.prepare(order.run)
        return yield* again(attempt, order, next)
    }
  })

  const waitlisted = Effect.fnUntraced(function*(pnr: Pnr) {
    const booking = yield* bookings.asBooked(pnr)
    return Option.isSome(booking)
      ? { booking: booking.value, replayed: false }
      : yield* Effect.die(new Error(`booking ${pnr} was committed and is not in the record`))
  })

  const answer = Effect.fnUntraced(function*(
    attempt: Attempt,
    order: Order,
    reply: AllocateReply
  ): Effect.fn.Return<Booked, BookError> {
    switch (reply._tag) {
      case "Held":
      case "Waiting": {
        const earlier = reply.known ? yield* replay(attempt) : Option.none<Booked>()
        return Option.isSome(earlier)
          ? earlier.value
          : yield* settle(attempt, order, { slots: reply._tag === "Held" ? reply.slots : null, gate: reply.gate })
      }
      case "Full": {
        // A twin may have taken the last berth for the same caller.
        const earlier = attempt.keyGiven ? yield* replay(attempt) : Option.none<Booked>()
        return Option.isSome(earlier) ? earlier.value : yield* soldOut(order)
      }
      case "Conflict":
        return yield* conflict
      // A hold of this key was given back: the booking was cancelled since, or never made.
      case "Ended": {
        const earlier = yield* replay(attempt)
        return Option.isSome(earlier)
          ? earlier.value
          : yield* again(attempt, order, { holdNumber: attempt.holdNumber + 1 })
      }
      case "Late":
        return yield* tooLate
      case "Gate":
        return yield* catchUp(attempt, order, reply.gate)
    }
  })

  const tryToBook = Effect.fnUntraced(function*(attempt: Attempt): Effect.fn.Return<Booked, BookError> {
    const order = yield* Effect.provide(makeOrder(attempt.caller, attempt.request), services)
    if (!order.run.open) {
      yield* loader.prepare(order.run)
      yield* directory.forget(order.run)
      return yield* again(attempt, order, {})
    }
    const reply = yield* inventory.allocate({
      run: order.run,
      gate: attempt.gate ?? order.run.gate,
      classOfRun: classOfRun(order.composition, legsOf(order.run.route)),
      quota: attempt.request.quota,
      range: order.journey.range,
      holdId: holdIdOf(attempt.keyHash, attempt.holdNumber),
      fingerprint: attempt.fingerprint,
      party: {
        wishes: order.wishes,
        sameCoach: attempt.request.conditions?.sameCoach ?? false,
        lowerBerthsMin: attempt.request.conditions?.lowerBerthsMin ?? 0
      },
      waitlistMax: order.waitlistMax
    })
    return yield* answer(attempt, order, reply)
  })

  return Book.of({
    book: Effect.fn("Book.book")(function*({ caller, key, request }) {
      const pnr = yield* pnrs.next
      const userId = request.userId ?? caller.userId
      // Uninterruptible: a caller who hangs up leaves neither a berth held nor a booking half made.
      return yield* Effect.uninterruptible(tryToBook({
        caller,
        request,
        keyGiven: key !== undefined,
        // Without a key of the caller's, the PNR serves as one that nobody has used.
        keyHash: key === undefined ? keyHashOf(userId, `pnr ${pnr}`) : keyHashOf(userId, key),
        fingerprint: fingerprintOf(request),
        pnr,
        holdNumber: 0,
        triesLeft: triesMax,
        gate: undefined
      }))
    })
  })
})
