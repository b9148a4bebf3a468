import { Booking } from "@berth/domain/Booking"
import { Effect, Option } from "effect"
import { answer } from "../Documents.ts"
import { Invocation } from "../Invocation.ts"
import { withProgress } from "../Progress.ts"
import { client } from "../Session.ts"
import { ticket, tripOf } from "../Ticket.ts"
import { pnrOf } from "../Typed.ts"

export const run = Effect.fnUntraced(function*(input: { readonly pnr: string }) {
  const { json } = yield* Invocation
  const berth = yield* client
  const pnr = yield* pnrOf(input.pnr)
  const [booking, trip] = yield* withProgress("Looking up the booking")(Effect.gen(function*() {
    const found = yield* berth.show({ pnr })
    return [found, json ? Option.none() : yield* tripOf(berth, found)] as const
  }))
  yield* answer(Booking, booking, (width) => ticket(booking, trip, width))
}, Effect.scoped)
