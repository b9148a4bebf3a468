import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Effect, Exit, Layer } from "effect"
import { makeAllocate } from "./AllocateTogether.ts"
import { applyConfig, judge, release, setWaiting } from "./FenceScripts.ts"
import { runsHeld } from "./HeldRuns.ts"
import { Inventory, type RunRef } from "./Inventory.ts"
import { load } from "./LoadScript.ts"
import { ManagedRedis } from "./ManagedRedis.ts"
import { overdue } from "./OverdueScript.ts"
import { promote } from "./PromoteScript.ts"
import { makeRecentSnapshots } from "./RecentSnapshots.ts"
import { RedisClock } from "./RedisClock.ts"
import { classKeys, freedKey, holdKey, metaKey } from "./RunKeys.ts"
import { readStrings, toSnapshot } from "./SnapshotScript.ts"

export const layerNoDeps: Layer.Layer<Inventory, never, ManagedRedis | RedisClock> = Layer.effect(
  Inventory,
  Effect.gen(function*() {
    const redis = yield* ManagedRedis
    const clock = yield* RedisClock
    const recent = yield* makeRecentSnapshots(redis)
    const allocate = yield* makeAllocate(redis)
    const changing = <A, E>(
      run: RunRef,
      change: Effect.Effect<A, E>,
      leftAsItWas: (answer: A) => boolean = () => false
    ) =>
      Effect.onExit(change, (exit) => {
        if (Exit.isFailure(exit) || !leftAsItWas(exit.value)) recent.drop(run)
        return Effect.void
      })
    return Inventory.of({
      allocate: (request) =>
        changing(
          request.run,
          Effect.suspend(() => allocate({ request, nowMillis: clock.nowMillis() })),
          ({ _tag }) => _tag === "Full"
        ),
      release: (options) => changing(options.run, release(redis, options)),
      judge: (options) => changing(options.run, judge(redis, options)),
      setWaiting: (options) => changing(options.run, setWaiting(redis, options)),
      promote: (options) => changing(options.run, promote(redis, options)),
      applyConfig: (options) => changing(options.run, applyConfig(redis, options)),
      load: (runs) =>
        Effect.map(load(redis, runs), (loaded) => {
          for (const { run } of runs) recent.drop(run)
          return loaded
        }),
      unload: (run, classes) =>
        changing(
          run,
          Effect.asVoid(redis.send("UNLINK", metaKey(run), holdKey(run), freedKey(run), ...classKeys(run, classes)))
        ),
      snapshot: (run, travelClasses) =>
        Effect.map(readStrings(redis.runBinary, run, travelClasses), (strings) => toSnapshot(strings, travelClasses)),
      recentSnapshot: recent.get,
      peekSnapshot: recent.peek,
      changesTold: recent.changesTold,
      runsHeld: runsHeld(redis),
      overdue: (run, graceMillis) => overdue(redis, run, graceMillis)
    })
  })
)

/** The inventory in Redis, by Lua scripts. */
export const layer: Layer.Layer<Inventory, StoreUnavailable, ManagedRedis> = layerNoDeps.pipe(
  Layer.provide(RedisClock.layer)
)
