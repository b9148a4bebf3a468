import { Schema } from "effect"
import { EventCursor } from "./EventCursor.ts"
import { JourneyDate } from "./JourneyDate.ts"
import { Pnr } from "./Pnr.ts"
import { Problem } from "./Problem.ts"
import { Quota } from "./Quota.ts"
import { StationCode } from "./StationCode.ts"
import { TrainId } from "./TrainId.ts"
import { TravelClass } from "./TravelClass.ts"

/** Days for which events are kept. */
export const eventDaysKept = 30

/**
 * What happened. `held`: berths, or a place in the waitlist, are to be paid; `expired`: they were not, and are cancelled;
 * `reinstated`: money came late, and the party got berths again; `moved`: to another berth.
 */
export const EventKind = Schema.Literals([
  "booked",
  "waitlisted",
  "held",
  "paid",
  "expired",
  "promoted",
  "moved",
  "cancelled",
  "reinstated"
]).annotate({ identifier: "EventKind" })
export type EventKind = typeof EventKind.Type

const told = {
  /** Grows, and names the event: whoever has seen an id has seen the event. */
  id: EventCursor,
  kind: EventKind,
  /** Instant, ISO 8601, UTC. */
  at: Schema.String,
  trainId: TrainId,
  date: JourneyDate,
  from: StationCode,
  to: StationCode,
  travelClass: TravelClass,
  quota: Quota
}

/** Something that happened to a booking. */
export const BookingEvent = Schema.Struct({
  ...told,
  pnr: Pnr,
  /** Numbers of the passengers to whom it happened. */
  passengers: Schema.Array(Schema.Int)
}).annotate({ identifier: "BookingEvent" })
export type BookingEvent = typeof BookingEvent.Type

/** The same to everybody: nothing that tells whose booking it is. */
export const RunEvent = Schema.Struct({
  ...told,
  /** To how many passengers it happened. */
  passengers: Schema.Int
}).annotate({ identifier: "RunEvent" })
export type RunEvent = typeof RunEvent.Type

/** What everybody may see of an event. */
export const toRunEvent = (event: BookingEvent): RunEvent => ({
  id: event.id,
  kind: event.kind,
  at: event.at,
  trainId: event.trainId,
  date: event.date,
  from: event.from,
  to: event.to,
  travelClass: event.travelClass,
  quota: event.quota,
  passengers: event.passengers.length
})

/** Events, none where only time has passed, and where to go on after them. */
export const BookingEvents = Schema.Struct({ cursor: EventCursor, events: Schema.Array(BookingEvent) }).annotate({
  identifier: "BookingEvents"
})
export type BookingEvents = typeof BookingEvents.Type

export const RunEvents = Schema.Struct({ cursor: EventCursor, events: Schema.Array(RunEvent) }).annotate({
  identifier: "RunEvents"
})
export type RunEvents = typeof RunEvents.Type

/** The events after a cursor are not all there any more, or never were. */
export class CursorGone extends Problem<CursorGone>()("CursorGone", 410, "Cursor gone", { cursor: EventCursor }) {}
