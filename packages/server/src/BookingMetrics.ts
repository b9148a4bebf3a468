import { counters, histogram, note, timed } from "@berth/engine/metrics/Series"
import { Effect } from "effect"

const bookings = counters(
  "berth_bookings_total",
  "Bookings asked for, by outcome: the status of the booking, replayed, or the error",
  ["outcome"]
)

for (const outcome of ["CONFIRMED", "WAITLISTED", "replayed", "SoldOut", "StoreUnavailable"]) bookings(outcome)

const seconds = histogram("berth_booking_seconds", "Time of a booking from its decoded request to its answer")

interface Made {
  readonly booking: { readonly status: string }
  readonly replayed: boolean
}

const count = (outcome: string) => Effect.sync(() => note(bookings(outcome), 1))

/** Counts a booking by what came of it. */
export const counted = <A extends Made, E extends { readonly _tag: string }, R>(self: Effect.Effect<A, E, R>) =>
  timed(seconds)(self).pipe(
    Effect.tap(({ booking, replayed }) => count(replayed ? "replayed" : booking.status)),
    Effect.tapError((error) => count(error._tag))
  )
