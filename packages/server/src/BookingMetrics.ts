import { counters, histogram, note, timed } from "@berth/engine/metrics/Series"
import { Exit, Option } from "effect"

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

interface Failed {
  readonly _tag: string
}

const countOutcome = (exit: Exit.Exit<Made, Failed>): void => {
  const outcome = Exit.isSuccess(exit)
    ? exit.value.replayed ? "replayed" : exit.value.booking.status
    : Option.getOrUndefined(Exit.findErrorOption(exit))?._tag
  if (outcome !== undefined) {
    note(bookings(outcome), 1)
  }
}

/** Counts a booking by what came of it, and records how long it took. */
export const counted = timed<Made, Failed>(seconds, countOutcome)
