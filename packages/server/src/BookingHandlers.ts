import { BerthApi } from "@berth/domain/BerthApi"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Desk } from "./Desk.ts"

/** A person's bookings, once they are made. */
export const layer = HttpApiBuilder.group(
  BerthApi,
  "bookings",
  Effect.fn(function*(handlers) {
    const desk = yield* Desk
    return handlers.handleAll({
      mine: ({ query }) => desk.mine(query.cursor),
      show: ({ params }) => desk.show(params.pnr),
      cancel: ({ params, payload }) => desk.cancel(params.pnr, payload?.passengers),
      pay: ({ params }) => desk.pay(params.pnr)
    })
  })
)
