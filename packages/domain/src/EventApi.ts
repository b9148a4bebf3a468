import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { HttpAuth } from "./Auth.ts"
import { BookingNotFound } from "./BookingErrors.ts"
import { BookingEvent, CursorGone, RunEvent } from "./BookingEvent.ts"
import { EventCursor } from "./EventCursor.ts"
import { JourneyDate } from "./JourneyDate.ts"
import { Pnr } from "./Pnr.ts"
import { ReaderLimit } from "./ReaderLimit.ts"
import { RunNotFound } from "./RunList.ts"
import { Overloaded, StoreUnavailable } from "./ServiceErrors.ts"
import { TrainId } from "./TrainId.ts"

export const bookingEventErrors = [BookingNotFound, CursorGone, Overloaded, StoreUnavailable] as const

export const runEventErrors = [RunNotFound, CursorGone, Overloaded, StoreUnavailable] as const

/** An `EventSource` that connects again sends the header by itself; it comes before the cursor, which is older. */
const headers = { "last-event-id": Schema.optionalKey(EventCursor) }

/** Events of one's own bookings, as they happen. */
export class BookingEventsApi extends HttpApiGroup.make("bookingEvents").add(
  HttpApiEndpoint.get("bookingEvents", "/bookings/:pnr/events", {
    params: { pnr: Pnr },
    query: { cursor: Schema.optionalKey(EventCursor) },
    headers,
    success: HttpApiSchema.StreamSse({ data: BookingEvent }),
    error: bookingEventErrors
  })
).prefix("/api").middleware(HttpAuth) {}

/** Events of a run, as they happen, for everybody. */
export class RunEventsApi extends HttpApiGroup.make("runEvents").add(
  HttpApiEndpoint.get("runEvents", "/trains/:trainId/events", {
    params: { trainId: TrainId },
    query: { date: JourneyDate, cursor: Schema.optionalKey(EventCursor) },
    headers,
    success: HttpApiSchema.StreamSse({ data: RunEvent }),
    error: runEventErrors
  })
).prefix("/api").middleware(ReaderLimit) {}
