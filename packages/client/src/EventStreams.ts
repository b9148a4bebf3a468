import { BookingEvent, RunEvent } from "@berth/domain/BookingEvent"
import { EventCursor } from "@berth/domain/EventCursor"
import { Effect, Schema, Stream } from "effect"
import { Sse } from "effect/encoding"
import { reconnecting } from "./Reconnection.ts"

/** Events, none where only time has passed, and where to go on after them. */
interface Found<A> {
  readonly cursor: EventCursor
  readonly events: ReadonlyArray<A>
}

/** Follows from a cursor on, and goes on after the last that was seen when the stream breaks, ends or falls silent. */
export const resuming =
  (url: string, start: EventCursor | undefined) =>
  <A, E, R>(open: (cursor: EventCursor | undefined) => Stream.Stream<Found<A>, E, R>) =>
    Stream.suspend(() => {
      let cursor = start
      return Stream.suspend(() => open(cursor)).pipe(
        Stream.tap((found) =>
          Effect.sync(() => {
            cursor = found.cursor
          })
        ),
        reconnecting(url),
        Stream.flatMap(({ events }) => Stream.fromIterable(events))
      )
    })

/** Reads messages out of pieces of text. */
const messagesIn = () => {
  const messages: Array<Sse.Event> = []
  const parser = Sse.makeParser((message) => {
    if (message._tag === "Event") messages.push(message)
  }, { dispatchEmptyNamedEvents: true })
  return (text: string): Effect.Effect<ReadonlyArray<Sse.Event>> => {
    const error = parser.feed(text)
    return error === undefined ? Effect.sync(() => messages.splice(0)) : Effect.die(error)
  }
}

/** What a server sends as text: events, and where none came the cursor alone, as a message without data. */
const parsed = <A>(event: Schema.ConstraintDecoder<A>) => {
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(event))
  const decodeCursor = Schema.decodeUnknownEffect(EventCursor)
  return <E, R>(bytes: Stream.Stream<Uint8Array, E, R>) =>
    Stream.suspend(() => bytes.pipe(Stream.decodeText, Stream.mapEffect(messagesIn()))).pipe(
      Stream.flatMap((messages) => Stream.fromIterable(messages)),
      Stream.mapEffect(Effect.fnUntraced(function*({ data, id }) {
        return { cursor: yield* decodeCursor(id), events: data === "" ? [] : [yield* decode(data)] }
      }))
    )
}

export const bookingEventsOf = parsed(BookingEvent)

export const runEventsOf = parsed(RunEvent)
