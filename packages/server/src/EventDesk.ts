import { CurrentUser } from "@berth/domain/Auth"
import { toRunEvent } from "@berth/domain/BookingEvent"
import type { EventCursor } from "@berth/domain/EventCursor"
import type { JourneyDate } from "@berth/domain/JourneyDate"
import type { Pnr } from "@berth/domain/Pnr"
import { RunNotFound } from "@berth/domain/RunList"
import type { TrainId } from "@berth/domain/TrainId"
import type { NewWebhook } from "@berth/domain/Webhook"
import { EventFeed } from "@berth/engine/events/EventFeed"
import { EventLog } from "@berth/engine/events/EventLog"
import { Webhooks } from "@berth/engine/events/Webhooks"
import { Context, Effect, Layer, Option, Stream } from "effect"
import { Desk } from "./Desk.ts"

interface RunAsked {
  readonly trainId: TrainId
  readonly date: JourneyDate
  readonly cursor?: EventCursor
}

const owned = (id: number) => Effect.map(CurrentUser, ({ userId }) => ({ userId, id }))

const make = Effect.gen(function*() {
  const desk = yield* Desk
  const feed = yield* EventFeed
  const log = yield* EventLog
  const webhooks = yield* Webhooks

  return {
    bookingEvents: Effect.fnUntraced(function*(pnr: Pnr, cursor: EventCursor | undefined) {
      yield* desk.show(pnr)
      return yield* feed.follow({ _tag: "Booking", pnr }, cursor)
    }),
    runEvents: Effect.fnUntraced(function*({ cursor, date, trainId }: RunAsked) {
      const run = yield* log.runId(trainId, date)
      if (Option.isNone(run)) {
        return yield* new RunNotFound({
          trainId,
          date,
          detail: `Train ${trainId} has no run on ${date}. Look at its running days.`
        })
      }
      const found = yield* feed.follow({ _tag: "Run", trainId, date, runId: run.value.id }, cursor)
      // What was paid for is nobody else's business; the berths had been taken before.
      return Stream.map(found, ({ cursor: seen, events }) => ({
        cursor: seen,
        events: events.filter(({ kind }) => kind !== "paid").map(toRunEvent)
      }))
    }),

    webhooks: Effect.flatMap(CurrentUser, ({ userId }) => webhooks.list(userId)),
    addWebhook: (wanted: NewWebhook) => Effect.flatMap(CurrentUser, (user) => webhooks.add(user, wanted)),
    removeWebhook: (id: number) => Effect.flatMap(owned(id), webhooks.remove),
    deadLetters: (id: number, cursor: EventCursor | undefined) =>
      Effect.flatMap(owned(id), (of) => webhooks.deadLetters(of, cursor)),
    replay: (id: number, events: ReadonlyArray<EventCursor> | undefined) =>
      Effect.flatMap(owned(id), (of) => webhooks.replay(of, events))
  }
})

/**
 * What is told of bookings as it happens; it knows who asks and nothing of how they asked.
 *
 * @effect-expect-leaking CurrentUser
 */
export class EventDesk extends Context.Service<EventDesk>()("@berth/server/EventDesk", { make }) {
  static readonly layer = Layer.effect(EventDesk, make)
}
