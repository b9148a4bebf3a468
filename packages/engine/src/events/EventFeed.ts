import { type BookingEvent, type BookingEvents, CursorGone, eventDaysKept } from "@berth/domain/BookingEvent"
import { EventCursor } from "@berth/domain/EventCursor"
import type { JourneyDate } from "@berth/domain/JourneyDate"
import type { Pnr } from "@berth/domain/Pnr"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TrainId } from "@berth/domain/TrainId"
import { Context, Effect, Layer, Option, Stream } from "effect"
import { EventLog } from "./EventLog.ts"
import { RecentEvents } from "./RecentEvents.ts"

/** Events that a follower is given at once. */
const eventsMax = 200

/** A follower is told at least so often that it is still being served. */
const heartbeatEvery = "15 seconds"

/** Whose events are followed. */
export type Followed =
  | { readonly _tag: "Booking"; readonly pnr: Pnr }
  | { readonly _tag: "Run"; readonly trainId: TrainId; readonly date: JourneyDate; readonly runId: number }

const isOf = (followed: Followed) => (event: BookingEvent): boolean =>
  followed._tag === "Booking"
    ? event.pnr === followed.pnr
    : event.trainId === followed.trainId && event.date === followed.date

/** Events that were found, as many as fit, where all up to a number were looked at. */
const batch = (found: ReadonlyArray<BookingEvent>, seen: number): BookingEvents => {
  const events = found.slice(0, eventsMax)
  const last = Number(events.at(-1)?.id ?? 0)
  return { cursor: EventCursor.make(String(found.length > eventsMax ? last : Math.max(last, seen))), events }
}

/**
 * Events of one booking or one run, in order and from a cursor on.
 *
 * A follower reads at its own pace and nothing is kept for it: what is recent comes out of the memory that all followers
 * share, what is older out of the record. So a slow one costs nothing, and an emptied Redis changes nothing.
 */
export class EventFeed extends Context.Service<EventFeed, {
  /** Follows from a cursor on; without one, a booking from its first event that is kept, a run from now. */
  follow(followed: Followed, cursor: EventCursor | undefined): Effect.Effect<
    Stream.Stream<BookingEvents, StoreUnavailable>,
    CursorGone | StoreUnavailable
  >
}>()("@berth/engine/events/EventFeed") {
  static readonly layer = Layer.effect(EventFeed, Effect.suspend(() => make)).pipe(Layer.provide(RecentEvents.layer))
}

const make = Effect.gen(function*() {
  const log = yield* EventLog
  const recent = yield* RecentEvents

  const start = Effect.fnUntraced(function*(followed: Followed, cursor: EventCursor | undefined) {
    const { lastId, prunedId } = yield* log.state
    if (cursor === undefined) {
      return followed._tag === "Booking" ? prunedId : lastId
    }
    const seen = Number(cursor)
    if (seen < prunedId && seen !== 0 || seen > lastId) {
      return yield* new CursorGone({
        cursor,
        detail: seen > lastId
          ? `There is no event ${cursor} yet. Ask without a cursor.`
          : `Events are kept for ${eventDaysKept} days, those after ${cursor} no longer. Look at how things stand, then ask without a cursor.`
      })
    }
    return Math.max(seen, prunedId)
  })

  const look = Effect.fnUntraced(function*(followed: Followed, seen: number) {
    const now = recent.now()
    if (now !== undefined && seen >= now.start) {
      const unseen = now.events.slice(now.events.findLastIndex(({ id }) => Number(id) <= seen) + 1)
      return batch(unseen.filter(isOf(followed)), Math.max(seen, now.end))
    }
    const events = yield* log.page({
      after: seen,
      max: eventsMax,
      ...(followed._tag === "Booking" ? { pnr: followed.pnr } : { runId: followed.runId })
    })
    // The record has at least what the memory had before the record was asked.
    return batch(events, events.length === eventsMax ? seen : Math.max(seen, now?.end ?? 0))
  })

  /** Events after a number, as soon as there are any; none where there are none for long. */
  const after = (followed: Followed, seen: number) => {
    let last = seen
    const found = Effect.gen(function*() {
      while (true) {
        const events = yield* look(followed, last)
        if (events.events.length > 0) {
          return events
        }
        last = Number(events.cursor)
        yield* recent.past(last)
      }
    })
    return Effect.map(Effect.timeoutOption(found, heartbeatEvery), Option.getOrElse(() => batch([], last)))
  }

  return EventFeed.of({
    follow: Effect.fnUntraced(function*(followed, cursor) {
      const first = yield* start(followed, cursor)
      const later = Stream.paginate(
        first,
        (seen) => Effect.map(after(followed, seen), (found) => [[found], Option.some(Number(found.cursor))] as const)
      )
      return Stream.unwrap(Effect.as(recent.listening, Stream.concat(Stream.succeed(batch([], first)), later)))
    })
  })
})
