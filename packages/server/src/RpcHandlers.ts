import { BerthRpcs } from "@berth/domain/BerthRpcs"
import { Effect } from "effect"
import { AvailabilityWatch } from "./AvailabilityWatch.ts"
import { Desk } from "./Desk.ts"

/** The remote calls: what HTTP does, and live streams. */
export const layer = BerthRpcs.toLayer(Effect.gen(function*() {
  const desk = yield* Desk
  const { watch } = yield* AvailabilityWatch
  return BerthRpcs.of({
    Stations: ({ query }) => desk.stations(query),
    Search: desk.search,
    Train: ({ trainId }) => desk.train(trainId),
    Availability: desk.availability,
    WatchAvailability: watch,
    Seats: desk.seats,
    Book: ({ idempotencyKey, request }) => Effect.map(desk.book(request, idempotencyKey), ({ booking }) => booking),
    Bookings: ({ cursor }) => desk.mine(cursor),
    Show: ({ pnr }) => desk.show(pnr),
    Cancel: ({ pnr, request }) => desk.cancel(pnr, request.passengers),
    Pay: ({ pnr }) => desk.pay(pnr),
    SeatConfig: ({ trainId }) => desk.seatConfig(trainId),
    ReplaceSeatConfig: ({ config, trainId, version }) => desk.replaceSeatConfig(trainId, version, config)
  })
}))
