import { Schema } from "effect"

/** The last event that a reader has seen; what follows is sent when it is sent back. `0` is before the first. */
export const EventCursor = Schema.String.check(
  Schema.isPattern(/^(?:0|[1-9]\d{0,14})$/, { expected: "a cursor or the id of an event" })
).pipe(Schema.brand("EventCursor")).annotate({ identifier: "EventCursor" })
export type EventCursor = typeof EventCursor.Type
