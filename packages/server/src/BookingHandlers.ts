import { BerthApi } from "@berth/domain/BerthApi"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { withBooking } from "./BookingBody.ts"
import { Desk } from "./Desk.ts"

/** Booking, and a person's bookings. */
export const layer = HttpApiBuilder.group(
  BerthApi,
  "bookings",
  Effect.fn(function*(handlers) {
    const desk = yield* Desk
    return handlers.handleRaw("book", ({ headers, request }) =>
      withBooking(request, (payload) =>
        Effect.map(
          desk.book(payload, headers["idempotency-key"]),
          ({ booking, replayed }) =>
            HttpServerResponse.jsonUnsafe(booking, {
              status: replayed ? 200 : 201,
              headers: { location: `/api/bookings/${booking.pnr}` }
            })
        ))).handleAll({
        mine: ({ query }) => desk.mine(query.cursor),
        show: ({ params }) => desk.show(params.pnr),
        cancel: ({ params, payload }) => desk.cancel(params.pnr, payload?.passengers),
        pay: ({ params }) => desk.pay(params.pnr)
      })
  })
)
