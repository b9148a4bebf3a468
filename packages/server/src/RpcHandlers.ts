import { BookingRpcs } from "@berth/domain/BerthRpcs"
import { Effect, Stream } from "effect"
import { AvailabilityWatch } from "./AvailabilityWatch.ts"
import { BookingWatch } from "./BookingWatch.ts"
import { Desk } from "./Desk.ts"

/** The remote calls: what HTTP does, and live streams. */
export const layer = BookingRpcs.toLayer(Effect.gen(function*() {
  const desk = yield* Desk
  const journeys = yield* AvailabilityWatch
  const bookings = yield* BookingWatch
  return BookingRpcs.of({
    Stations: ({ query }) => desk.stations(query),
    Search: desk.search,
    Train: ({ trainId }) => desk.train(trainId),
    Availability: desk.availability,
    WatchAvailability: journeys.watch,
    Seats: desk.seats,
    Book: ({ idempotencyKey, request }) => Effect.map(desk.book(request, idempotencyKey), ({ booking }) => booking),
    Bookings: ({ cursor }) => desk.mine(cursor),
    Show: ({ pnr }) => desk.show(pnr),
    WatchBooking: ({ pnr }) => Stream.unwrap(Effect.map(desk.show(pnr), bookings.watch)),
    Cancel: ({ pnr, request }) => desk.cancel(pnr, request.passengers),
    Pay: ({ pnr }) => desk.pay(pnr),
    SeatConfig: ({ trainId }) => desk.seatConfig(trainId),
    ReplaceSeatConfig: ({ config, trainId, version }) => desk.replaceSeatConfig(trainId, version, config)
  })
}))
