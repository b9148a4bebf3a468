import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer, Schema, type Stream, SubscriptionRef } from "effect"
import { ManagedRedis } from "./ManagedRedis.ts"
import { seededKey } from "./RunKeys.ts"

const decodeText = Schema.decodeUnknownEffect(Schema.String)
const decodeSeeded = Schema.decodeUnknownEffect(Schema.NullOr(Schema.String))

/**
 * Which Redis this is, and whether the runs were loaded into it. Where `seededInstance` is not `instance`, Redis was
 * emptied, restarted or replaced, and nothing in it can be relied on.
 */
export class InventoryHealth extends Context.Service<InventoryHealth, {
  /** Says something whenever a connection was made, at once for the one there is: look again. */
  readonly connections: Stream.Stream<number>
  /** The `run_id` of the Redis that answers, with its role: a replica that was promoted is another instance. */
  readonly instance: Effect.Effect<string, StoreUnavailable>
  readonly seededInstance: Effect.Effect<string | null, StoreUnavailable>
  /** Records that every run was loaded into that instance. */
  markSeeded(instance: string): Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/inventory/InventoryHealth") {
  static readonly layer: Layer.Layer<InventoryHealth, never, ManagedRedis> = Layer.effect(
    InventoryHealth,
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      const info = (section: string, field: RegExp) =>
        redis.send("INFO", section).pipe(
          Effect.flatMap((reply) => Effect.orDie(decodeText(reply))),
          Effect.map((text) => field.exec(text)?.[1] ?? "unknown")
        )
      return InventoryHealth.of({
        connections: SubscriptionRef.changes(redis.connections),
        instance: Effect.zipWith(
          info("server", /^run_id:(\w+)/m),
          info("replication", /^role:(\w+)/m),
          (runId, role) => `${runId}:${role}`
        ),
        seededInstance: redis.send("GET", seededKey).pipe(
          Effect.flatMap((reply) => Effect.orDie(decodeSeeded(reply)))
        ),
        markSeeded: (instance) => Effect.asVoid(redis.send("SET", seededKey, instance))
      })
    })
  )
}
