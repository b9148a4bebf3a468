import { eventDaysKept } from "@berth/domain/BookingEvent"
import { EventLog } from "@berth/engine/events/EventLog"
import { EventPublisher } from "@berth/engine/events/EventPublisher"
import { WebhookSender } from "@berth/engine/events/WebhookSender"
import { Effect, Layer } from "effect"
import { every, persistently } from "./Persistently.ts"

/** A NOTIFY for each booking would cost every sale its share of a lock; looking costs a millisecond. */
const publishEvery = "100 millis"

/** What is due again, and what the stream did not tell. */
const webhooksEvery = "1 second"

const pruneEvery = "1 minute"

/** Events deleted at once, in a transaction that is over soon. */
const prunedMax = 5_000

/** Tells what happened to bookings. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const log = yield* EventLog
  yield* every("publish events", publishEvery, (yield* EventPublisher).publish)
  const webhooks = yield* WebhookSender
  yield* every("send to webhooks", webhooksEvery, webhooks.work)
  yield* Effect.forkScoped(persistently("listen for webhooks", webhooks.listen))
  yield* every(
    "delete old events",
    pruneEvery,
    Effect.repeat(log.prune(eventDaysKept, prunedMax), { while: (count) => count === prunedMax })
  )
}))
