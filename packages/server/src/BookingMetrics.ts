import { Effect, Metric } from "effect"

const bookings = Metric.counter("berth_bookings", {
  description: "Bookings asked for, by outcome: the status of the booking, replayed, or the error",
  incremental: true
})

interface Made {
  readonly booking: { readonly status: string }
  readonly replayed: boolean
}

const count = (outcome: string) => Metric.update(Metric.withAttributes(bookings, { outcome }), 1)

/** Counts a booking by what came of it. */
export const counted = <A extends Made, E extends { readonly _tag: string }, R>(self: Effect.Effect<A, E, R>) =>
  self.pipe(
    Effect.tap(({ booking, replayed }) => count(replayed ? "replayed" : booking.status)),
    Effect.tapError((error) => count(error._tag))
  )
