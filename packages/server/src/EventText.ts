import type { EventCursor } from "@berth/domain/EventCursor"
import { Stream } from "effect"
import { HttpServerResponse } from "effect/http"

interface Found {
  readonly cursor: EventCursor
  readonly events: ReadonlyArray<{ readonly id: EventCursor }>
}

/**
 * Each event as a message with its id, and where there was none the cursor alone: whoever connects again with the id goes
 * on from there. A message without data is nothing to a listener, and keeps the connection alive.
 */
const textOf = ({ cursor, events }: Found): string =>
  `${
    events.map((event) => `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`).join("")
  }event: cursor\nid: ${cursor}\n\n`

/** A stream of events as server-sent events. When a store is away it ends, and the reader connects again. */
export const eventText = <E>(found: Stream.Stream<Found, E>): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.stream(
    found.pipe(Stream.map(textOf), Stream.catch(() => Stream.empty), Stream.encodeText),
    {
      contentType: "text/event-stream",
      // A proxy that gathers would hold events back.
      headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
    }
  )
