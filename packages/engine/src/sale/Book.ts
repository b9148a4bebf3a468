import type { CurrentUser } from "@berth/domain/Auth"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import type { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { Context, Effect, Layer } from "effect"
import { Inventory } from "../inventory/Inventory.ts"
import { BookingCommits } from "../ledger/BookingCommits.ts"
import { Bookings } from "../ledger/Bookings.ts"
import { HeldBookings } from "../ledger/HeldBookings.ts"
import { PnrSequence } from "../ledger/PnrSequence.ts"
import { StoreClock } from "../ledger/StoreClock.ts"
import { Waitlist } from "../ledger/Waitlist.ts"
import { Fares } from "../payment/Fares.ts"
import { ConfigApplier } from "../seeding/ConfigApplier.ts"
import { RunLoader } from "../seeding/RunLoader.ts"
import { traced } from "../telemetry/Traced.ts"
import { RunDirectory } from "../timetable/RunDirectory.ts"
import { Stations } from "../timetable/Stations.ts"
import type { Attempt, Booked, BookError, Desk } from "./BookingAttempt.ts"
import { fingerprintOf, keyHashOf, keyHashOfPnr, noFingerprint } from "./BookingKey.ts"
import { tryToBook } from "./BookingSteps.ts"
import { Promoter } from "./Promoter.ts"
import { PromotionQueue } from "./PromotionQueue.ts"
import { Repacker } from "./Repacker.ts"
import { SettledHolds } from "./SettledHolds.ts"

/** How often a booking is tried again that lost a race with an edit, a rebuild or another booking. */
const triesMax = 4

/** Sells berths: the whole party in one call to Redis and one commit, answered after the commit. */
export class Book extends Context.Service<Book, {
  book(options: {
    readonly caller: CurrentUser["Service"]
    readonly request: BookingRequest
    readonly key: IdempotencyKey | undefined
  }): Effect.Effect<Booked, BookError>
}>()("@berth/engine/sale/Book") {
  static readonly layer = Layer.effect(
    Book,
    Effect.gen(function*() {
      const pnrs = yield* PnrSequence
      const desk: Desk = {
        applier: yield* ConfigApplier,
        bookings: yield* Bookings,
        clock: yield* StoreClock,
        commits: yield* BookingCommits,
        directory: yield* RunDirectory,
        fares: yield* Fares,
        held: yield* HeldBookings,
        inventory: yield* Inventory,
        loader: yield* RunLoader,
        promoter: yield* Promoter,
        promotions: yield* PromotionQueue,
        repacker: yield* Repacker,
        settled: new SettledHolds(),
        stations: yield* Stations,
        waitlist: yield* Waitlist
      }

      return Book.of({
        book: ({ caller, key, request }) => {
          const keyGiven = key !== undefined
          const attempting = Effect.map(pnrs.next, (pnr): Attempt => ({
            caller,
            request,
            keyGiven,
            keyHash: keyGiven ? keyHashOf(request.userId ?? caller.userId, key) : keyHashOfPnr(pnr),
            fingerprint: keyGiven ? fingerprintOf(request) : noFingerprint,
            pnr,
            holdNumber: 0,
            triesLeft: triesMax,
            mayRepack: true,
            behind: false,
            gate: undefined
          }))
          // Uninterruptible: a caller who hangs up leaves neither a berth held nor a booking half made.
          return traced("Book.book", { kind: "internal" })(
            Effect.uninterruptible(tryToBook(desk, { caller, request, keyGiven }, attempting))
          )
        }
      })
    })
  )
}
