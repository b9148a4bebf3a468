import { BookingEvent } from "@berth/domain/BookingEvent"
import { printableJson } from "@berth/domain/PrintableText"
import { Effect, type Option, Schema, Stream } from "effect"
import { Invocation } from "../Invocation.ts"
import { line, span, toText } from "../Line.ts"
import { Screen } from "../Screen.ts"
import { liveClient } from "../Session.ts"
import { maybeCursorOf, pnrOf } from "../Typed.ts"

const encode = Schema.encodeEffect(BookingEvent)

const passengersOf = ({ passengers }: BookingEvent): string =>
  passengers.length === 1 ? `passenger ${passengers.join()}` : `passengers ${passengers.join(", ")}`

/** Shows what happened to a booking and what happens further, until it is interrupted. */
export const run = Effect.fnUntraced(
  function*(input: { readonly pnr: string; readonly cursor: Option.Option<string> }) {
    const { json } = yield* Invocation
    const { out } = yield* Screen
    const berth = yield* liveClient
    const pnr = yield* pnrOf(input.pnr)
    const cursor = yield* maybeCursorOf(input.cursor)
    const textOf = (event: BookingEvent) =>
      json
        ? Effect.map(encode(event), (encoded) => printableJson(JSON.stringify(encoded)))
        : Effect.succeed(
          toText(line(span(event.at, "dim"), "  ", span(event.kind, "bold"), `  ${passengersOf(event)}`), out.colours)
        )
    const events = berth.bookingEvents({ pnr, ...(cursor === undefined ? {} : { cursor }) })
    return yield* Stream.runForEach(events, (event) => Effect.flatMap(textOf(event), (text) => out.write(`${text}\n`)))
  },
  Effect.scoped
)
