import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Effect, Layer } from "effect"
import { allocate } from "./AllocateScript.ts"
import { applyConfig, judge, release, setWaiting } from "./FenceScripts.ts"
import { runsHeld } from "./HeldRuns.ts"
import { Inventory } from "./Inventory.ts"
import { load } from "./LoadScript.ts"
import { ManagedRedis } from "./ManagedRedis.ts"
import { overdue } from "./OverdueScript.ts"
import { promote } from "./PromoteScript.ts"
import { RedisClock } from "./RedisClock.ts"
import { classKeys, freedKey, holdKey, metaKey } from "./RunKeys.ts"
import { snapshot } from "./SnapshotScript.ts"

export const layerNoDeps: Layer.Layer<Inventory, never, ManagedRedis | RedisClock> = Layer.effect(
  Inventory,
  Effect.gen(function*() {
    const redis = yield* ManagedRedis
    const clock = yield* RedisClock
    return Inventory.of({
      allocate: (request) => Effect.flatMap(clock.nowMillis, (nowMillis) => allocate(redis, request, nowMillis)),
      release: (options) => release(redis, options),
      judge: (options) => judge(redis, options),
      setWaiting: (options) => setWaiting(redis, options),
      promote: (options) => promote(redis, options),
      applyConfig: (options) => applyConfig(redis, options),
      load: (runs) => load(redis, runs),
      unload: (run, classes) =>
        Effect.asVoid(redis.send("UNLINK", metaKey(run), holdKey(run), freedKey(run), ...classKeys(run, classes))),
      snapshot: (run, travelClasses) => snapshot(redis, run, travelClasses),
      runsHeld: runsHeld(redis),
      overdue: (run, graceMillis) => overdue(redis, run, graceMillis)
    })
  })
)

/** The inventory in Redis, by Lua scripts. */
export const layer: Layer.Layer<Inventory, StoreUnavailable, ManagedRedis> = layerNoDeps.pipe(
  Layer.provide(RedisClock.layer)
)
