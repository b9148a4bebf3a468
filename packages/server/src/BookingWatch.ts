import type { Booking } from "@berth/domain/Booking"
import type { Pnr } from "@berth/domain/Pnr"
import type { Overloaded, StoreUnavailable } from "@berth/domain/ServiceErrors"
import { WatchedBookings } from "@berth/engine/ledger/WatchedBookings"
import { Context, Deferred, Effect, Latch, Layer, Option, Stream } from "effect"
import { Watchers } from "./Watchers.ts"

/** How often the watched bookings are looked at. */
const lookEvery = "1 second"

/** A booking that somebody watches. */
interface Watched {
  watchers: number
  booking: Booking
  /** Counts the states of the booking from 1. */
  revision: number
  /** Done when there is a newer state. */
  changed: Deferred.Deferred<void, StoreUnavailable>
}

/**
 * One booking as it changes: passengers promoted, cancelled or moved up the waitlist, by whichever process.
 *
 * All that a server's callers watch is read together, in one statement a second, and only while somebody watches: what
 * it costs PostgreSQL depends on the bookings watched, of which there are few, and not on those sold. A NOTIFY for each
 * change would cost every sale its share of a lock that PostgreSQL takes at commit, and Redis does not know what a
 * cancellation does to the places of those who wait.
 */
export class BookingWatch extends Context.Service<BookingWatch, {
  /** The booking, as just read, and each of its later states. Who reads slowly misses states and gets the latest. */
  watch(booking: Booking): Stream.Stream<Booking, StoreUnavailable | Overloaded>
}>()("@berth/server/BookingWatch") {
  static readonly layer = Layer.effect(BookingWatch, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const bookings = yield* WatchedBookings
  const watched = new Map<Pnr, Watched>()
  const somebodyWatches = yield* Latch.make(false)

  const publish = (booking: Booking): void => {
    const entry = watched.get(booking.pnr)
    if (entry === undefined || JSON.stringify(entry.booking) === JSON.stringify(booking)) {
      return
    }
    const { changed } = entry
    entry.booking = booking
    entry.revision++
    entry.changed = Deferred.makeUnsafe()
    Deferred.doneUnsafe(changed, Effect.void)
  }

  const fail = (error: StoreUnavailable) =>
    Effect.sync(() => {
      for (const { changed } of watched.values()) {
        Deferred.doneUnsafe(changed, Effect.fail(error))
      }
      watched.clear()
    })

  const look = Effect.suspend(() => bookings.read([...watched.keys()])).pipe(
    Effect.map((found) => found.forEach(publish)),
    Effect.catchTag("StoreUnavailable", fail),
    Effect.catchCause((cause) => Effect.logError("Could not look at the watched bookings", cause))
  )

  const enter = (booking: Booking) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const entry: Watched = watched.get(booking.pnr)
          ?? { watchers: 0, booking, revision: 1, changed: Deferred.makeUnsafe() }
        entry.watchers++
        watched.set(booking.pnr, entry)
        publish(booking)
        somebodyWatches.openUnsafe()
        return entry
      }),
      (entry) =>
        Effect.sync(() => {
          entry.watchers--
          // After a failure another entry may stand in its place.
          if (entry.watchers === 0 && watched.get(booking.pnr) === entry) {
            watched.delete(booking.pnr)
          }
          if (watched.size === 0) {
            somebodyWatches.closeUnsafe()
          }
        })
    )

  const stateAfter = (entry: Watched, revision: number): Effect.Effect<void, StoreUnavailable> =>
    Effect.suspend(() => entry.revision > revision ? Effect.void : Deferred.await(entry.changed))

  const states = (entry: Watched) =>
    Stream.paginate(
      0,
      (revision) =>
        Effect.map(stateAfter(entry, revision), () => [[entry.booking], Option.some(entry.revision)] as const)
    )

  yield* Effect.andThen(Effect.sleep(lookEvery), Effect.andThen(somebodyWatches.await, look)).pipe(
    Effect.forever,
    Effect.forkScoped
  )
  const { admit } = yield* Watchers

  return BookingWatch.of({ watch: (booking) => admit(Stream.unwrap(Effect.map(enter(booking), states))) })
})
