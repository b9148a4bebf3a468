import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer } from "effect"
import { StoreClock } from "../ledger/StoreClock.ts"
import { notePublished } from "../metrics/EventMetrics.ts"
import { EventLog } from "./EventLog.ts"
import { EventStream } from "./EventStream.ts"

/** Events that are numbered in one transaction, and told to Redis in one call. */
const batchMax = 500

/**
 * Numbers what has happened, and tells Redis. What was told and not noted is told again; Redis knows each event by its
 * number, so that neither a second publisher nor one that was paused for long does harm.
 */
export class EventPublisher extends Context.Service<EventPublisher, {
  /** Publishes what there is. */
  readonly publish: Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/events/EventPublisher") {
  static readonly layer = Layer.effect(
    EventPublisher,
    Effect.gen(function*() {
      const log = yield* EventLog
      const stream = yield* EventStream
      const clock = yield* StoreClock

      const publishSome = Effect.gen(function*() {
        const numbered = yield* log.number(batchMax)
        const events = yield* log.unpublished(batchMax)
        const last = events.at(-1)
        if (last !== undefined) {
          yield* stream.publish(events)
          yield* log.notePublished(Number(last.id))
          notePublished(events, clock.nowMillisUnsafe())
        }
        return Math.max(numbered, events.length)
      })

      return EventPublisher.of({
        publish: Effect.asVoid(Effect.repeat(publishSome, { while: (count) => count === batchMax }))
      })
    })
  )
}
