import { Cancellation, CancelRequest } from "@berth/domain/Booking"
import type { Pnr } from "@berth/domain/Pnr"
import { Effect, Option, Schema } from "effect"
import { Prompt, TerminalCapabilities } from "effect/cli"
import { WrongValue } from "../CliErrors.ts"
import { answer } from "../Documents.ts"
import { Invocation } from "../Invocation.ts"
import { line, span } from "../Line.ts"
import { moneyText } from "../MoneyText.ts"
import { withProgress } from "../Progress.ts"
import { client } from "../Session.ts"
import { ticket, tripOf } from "../Ticket.ts"
import { pnrOf } from "../Typed.ts"

interface CancelInput {
  readonly pnr: string
  readonly passengers: ReadonlyArray<number>
  readonly yes: boolean
}

const decodeRequest = Schema.decodeUnknownEffect(CancelRequest)

const requestOf = (passengers: ReadonlyArray<number>) =>
  Effect.mapError(
    decodeRequest(passengers.length === 0 ? {} : { passengers }),
    () => new WrongValue({ given: "--passenger", expected: "Give the numbers that the ticket has, from 1 to 6." })
  )

/** Whether to go on; asked only where somebody is there to answer. */
const confirmed = Effect.fnUntraced(function*(pnr: Pnr, { passengers, yes }: CancelInput) {
  const { json } = yield* Invocation
  const { canPrompt } = yield* TerminalCapabilities.TerminalCapabilities
  if (yes || json || !canPrompt) return true
  const who = passengers.length === 0 ? "everybody" : `passenger ${passengers.join(" and ")}`
  return yield* Prompt.run(Prompt.Confirm({ message: `Cancel ${who} on PNR ${pnr}?` }))
})

export const run = Effect.fnUntraced(function*(input: CancelInput) {
  const { json } = yield* Invocation
  const berth = yield* client
  const pnr = yield* pnrOf(input.pnr)
  const request = yield* requestOf(input.passengers)
  if (!(yield* confirmed(pnr, input))) return
  const cancellation = yield* withProgress("Cancelling")(berth.cancel({ ...request, pnr }))
  const trip = json ? Option.none() : yield* tripOf(berth, cancellation.booking)
  yield* answer(Cancellation, cancellation, (width) => [
    ...ticket(cancellation.booking, trip, width),
    line("Refund: ", span(moneyText(cancellation.refund), "bold"))
  ])
}, Effect.scoped)
