import { Effect, Layer } from "effect"
import { Promoter } from "../../src/sale/Promoter.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { ConfigApplier } from "../../src/seeding/ConfigApplier.ts"
import { Reconciler } from "../../src/seeding/Reconciler.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import { runId } from "./Network.ts"
import type { Servers } from "./Servers.ts"
import type { Stores } from "./Stores.ts"

const reconcileOnce = Effect.flatMap(Reconciler, ({ next }) => next).pipe(
  Effect.provide(Layer.fresh(Reconciler.layerNoDeps))
)

/** What the scheduler does, on whichever server, when chance or the end of a simulation wants it. */
export class SchedulerWork {
  private readonly stores: Stores
  private readonly servers: Servers
  private sweptMillis: number

  constructor(stores: Stores, servers: Servers) {
    this.stores = stores
    this.servers = servers
    this.sweptMillis = stores.world.time.millis
  }

  promote(told?: (done: boolean) => void): void {
    this.servers.start("promote", Effect.flatMap(Promoter, ({ promote }) => promote(runId)), told)
  }

  sweep(): void {
    this.sweptMillis = this.stores.world.time.millis
    this.servers.start("sweep", Effect.flatMap(Sweeper, (sweeper) => sweeper.sweepHolds))
  }

  /** The last sweep is so long ago that a scheduler would not wait for chance much longer. */
  sweepIfDue(): void {
    const { chance, faults, time } = this.stores.world
    if (faults && time.millis - this.sweptMillis > 30_000 && chance.happens(0.3)) this.sweep()
  }

  repeatReleases(): void {
    this.servers.start("repeat releases", Effect.flatMap(Sweeper, (sweeper) => sweeper.repeatReleases))
  }

  apply(): void {
    this.servers.start("apply", Effect.flatMap(ConfigApplier, ({ applyAll }) => applyAll))
  }

  load(): void {
    this.servers.start("load", Effect.flatMap(RunLoader, (loader) => loader.load([runId], "unloaded")))
  }

  rebuild(): void {
    this.servers.start("rebuild", Effect.flatMap(RunLoader, (loader) => loader.load([runId], "all")))
  }

  reconcile(told?: (mended: ReadonlyArray<number>) => void): void {
    this.servers.start("reconcile", reconcileOnce, told)
  }

  /** What the scheduler does that finds Redis to be another than the one it has loaded. */
  lookAtRedis(): void {
    const { redis } = this.stores
    const { instance, seededInstance } = redis
    if (instance === seededInstance) return
    this.servers.start(
      "load all, for Redis is new",
      Effect.flatMap(RunLoader, ({ close }) => close(() => true)),
      () => {
        redis.seededInstance = instance
      }
    )
  }
}
