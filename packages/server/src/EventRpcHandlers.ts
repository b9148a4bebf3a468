import { EventRpcs } from "@berth/domain/EventRpcs"
import { Effect, Stream } from "effect"
import { EventDesk } from "./EventDesk.ts"
import { Watchers } from "./Watchers.ts"

/** Events as remote calls. */
export const layer = EventRpcs.toLayer(Effect.gen(function*() {
  const desk = yield* EventDesk
  const { admit } = yield* Watchers
  return EventRpcs.of({
    RunEvents: (run) => Stream.unwrap(Effect.map(desk.runEvents(run), admit)),
    BookingEvents: ({ cursor, pnr }) => Stream.unwrap(Effect.map(desk.bookingEvents(pnr, cursor), admit)),
    Webhooks: () => Effect.map(desk.webhooks, (webhooks) => ({ webhooks })),
    AddWebhook: desk.addWebhook,
    RemoveWebhook: ({ id }) => desk.removeWebhook(id),
    DeadLetters: ({ cursor, id }) => desk.deadLetters(id, cursor),
    ReplayDeadLetters: ({ events, id }) => Effect.map(desk.replay(id, events), (replayed) => ({ replayed }))
  })
}))
