import { BookingEvent } from "@berth/domain/BookingEvent"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, FiberSet, Layer, Schema } from "effect"
import type { Redis } from "effect/persistence"
import { randomUUID } from "node:crypto"
import { StoreClock } from "../ledger/StoreClock.ts"
import { noteAttempt, timedWebhook } from "../metrics/EventMetrics.ts"
import { EventStream } from "./EventStream.ts"
import { WebhookCalls } from "./WebhookCalls.ts"
import { type Delivery, WebhookDeliveries } from "./WebhookDeliveries.ts"
import { signature } from "./WebhookSecret.ts"

/** Calls under way at once, and of these for one webhook, so that a slow one does not keep the others waiting. */
const callsMax = 64
const callsPerWebhookMax = 8

/** The group of the stream whose members send. */
const group = "webhooks"

/** How often it is looked whether there are webhooks by now. */
const lookEvery = "1 second"

/** How long a member waits for events before it asks again for those of members that died. */
const waitMillis = 5_000

const encodeBody = Schema.encodeEffect(Schema.fromJsonString(Schema.Struct({
  type: Schema.String,
  timestamp: Schema.String,
  data: BookingEvent
})))

/**
 * Sends events to webhooks. The record says what is to be sent and in which order; the stream only says when to look, and
 * to one of the senders only.
 */
export class WebhookSender extends Context.Service<WebhookSender, {
  /** Begins to send what is due, as much as may be under way. */
  readonly work: Effect.Effect<void, StoreUnavailable>
  /** Works whenever something has happened, until the connection to Redis is lost. */
  readonly listen: Effect.Effect<never, Redis.RedisError | StoreUnavailable>
  /** Done when nothing is under way. */
  readonly idle: Effect.Effect<void>
}>()("@berth/engine/events/WebhookSender") {
  static readonly layer = Layer.effect(WebhookSender, Effect.suspend(() => make))
}

const makeSend = Effect.gen(function*() {
  const clock = yield* StoreClock
  const calls = yield* WebhookCalls
  const deliveries = yield* WebhookDeliveries

  return Effect.fnUntraced(function*(delivery: Delivery) {
    const { event, secretHex, url } = delivery
    const id = `evt_${event.id}`
    const timestamp = Math.floor(clock.nowMillisUnsafe() / 1000)
    const body = yield* Effect.orDie(encodeBody({ type: `booking.${event.kind}`, timestamp: event.at, data: event }))
    const call = calls.post({
      url,
      body,
      headers: {
        "content-type": "application/json",
        "user-agent": "Berth",
        "webhook-id": id,
        "webhook-timestamp": String(timestamp),
        "webhook-signature": signature(secretHex, { id, timestamp, body })
      }
    })
    yield* Effect.matchEffect(timedWebhook(call), {
      onSuccess: () => Effect.andThen(deliveries.done(delivery), Effect.sync(() => noteAttempt("delivered"))),
      onFailure: ({ why }) =>
        Effect.map(deliveries.failed(delivery, why), (dead) => noteAttempt(dead ? "dead" : "failed"))
    })
  })
})

const make = Effect.gen(function*() {
  const stream = yield* EventStream
  const deliveries = yield* WebhookDeliveries
  const send = yield* makeSend
  const fibers = yield* FiberSet.make<void>()
  const underWay = new Map<number, number>()

  const count = (webhookId: number, change: number) => {
    const calls = (underWay.get(webhookId) ?? 0) + change
    if (calls === 0) underWay.delete(webhookId)
    else underWay.set(webhookId, calls)
  }

  const begin = (delivery: Delivery) => {
    count(delivery.webhookId, 1)
    return send(delivery).pipe(
      // It stays claimed for a while and is then due again by itself.
      Effect.catchCause((cause) => Effect.logWarning(`Could not note what came of event ${delivery.event.id}`, cause)),
      Effect.ensuring(Effect.sync(() => count(delivery.webhookId, -1))),
      // What waited for its turn behind it.
      Effect.andThen(Effect.ignore(work)),
      FiberSet.run(fibers),
      Effect.asVoid
    )
  }

  const work: Effect.Effect<void, StoreUnavailable> = Effect.gen(function*() {
    const free = callsMax - (yield* FiberSet.size(fibers))
    const busy = [...underWay].flatMap(([webhookId, calls]) => calls >= callsPerWebhookMax ? [webhookId] : [])
    if (free > 0) {
      const claimed = yield* deliveries.claim(free, callsPerWebhookMax, busy)
      yield* Effect.forEach(claimed, begin, { discard: true })
    }
  })

  /** Works at each word of the stream for as long as there are webhooks. */
  const hear = Effect.scoped(Effect.gen(function*() {
    const consumer = yield* stream.consumer(group, randomUUID())
    // Of what was told while there were none, nothing is to be sent.
    yield* consumer.skip
    yield* work
    while (yield* deliveries.any) {
      const ids = yield* consumer.take(waitMillis)
      if (ids.length > 0) {
        yield* work
        yield* consumer.done(ids)
      }
    }
  }))

  // Most railways have none at first: a word for each event was measured to take a twentieth of a sale.
  const listen = Effect.forever(
    Effect.flatMap(deliveries.any, (any) => any ? hear : Effect.sleep(lookEvery))
  )

  return WebhookSender.of({ work, listen, idle: FiberSet.awaitEmpty(fibers) })
})
