import { note } from "@berth/engine/metrics/Series"
import { PgClient } from "@effect/sql-pg"
import { Cause, type Duration, Effect, Queue } from "effect"
import { every, persistently } from "./Persistently.ts"
import { listens } from "./SchedulerMetrics.ts"

/** How often a notification is sent to ourselves. */
const heartbeatEvery = "4 seconds"

/** A connection that hears nothing for so long is deaf, and is made anew. */
const silenceMax = "12 seconds"

/**
 * Runs `look` whenever something is announced on a channel, after each connect, and every so often: a notification
 * only says "look", so one that is missed costs time and nothing else.
 */
export const listen = Effect.fnUntraced(function*<E, R>(
  channel: string,
  /** Told whether something was announced, or may have been while nobody listened. */
  look: (announced: boolean) => Effect.Effect<unknown, E, R>,
  /** How often is looked, whatever was or was not heard. */
  pollEvery: Duration.Input
) {
  const pg = yield* PgClient.PgClient

  const hear = Effect.scoped(Effect.gen(function*() {
    const notifications = yield* pg.listen(channel)
    note(listens(channel), 1)
    yield* look(true)
    while (true) {
      const first = yield* Effect.timeoutOption(Queue.take(notifications), silenceMax)
      if (first._tag === "None") {
        return yield* new Cause.TimeoutError(`heard nothing on ${channel}`)
      }
      const heard = [first.value, ...yield* Queue.clear(notifications)]
      // A burst is one look; heartbeats are none.
      if (heard.some(({ payload }) => payload !== "heartbeat")) {
        yield* look(true)
      }
    }
  }))
  yield* Effect.forkScoped(persistently(`listen on ${channel}`, hear))
  yield* every(`send a heartbeat on ${channel}`, heartbeatEvery, pg.notify(channel, "heartbeat"))
  yield* every(`poll for ${channel}`, pollEvery, look(false))
})
