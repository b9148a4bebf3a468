import { Context, Effect, Layer, Queue } from "effect"
import { showPromotionQueue } from "../metrics/SaleMetrics.ts"

/** Runs that may wait for the promoter; one that finds no room is found by the promoter's own round. */
const queueMax = 10_000

/** Runs on which legs were set free while somebody waits. */
export class PromotionQueue extends Context.Service<PromotionQueue, {
  wake(runId: number): Effect.Effect<void>
  readonly take: Effect.Effect<number>
}>()("@berth/engine/sale/PromotionQueue") {
  static readonly layer = Layer.effect(
    PromotionQueue,
    Effect.gen(function*() {
      const queue = yield* Queue.dropping<number>(queueMax)
      const queued = new Set<number>()
      showPromotionQueue(() => queued.size)
      return PromotionQueue.of({
        wake: (runId) =>
          Effect.suspend(() => {
            if (queued.has(runId) || queued.size >= queueMax) {
              return Effect.void
            }
            queued.add(runId)
            return Effect.asVoid(Queue.offer(queue, runId))
          }),
        take: Effect.tap(Queue.take(queue), (runId) => Effect.sync(() => queued.delete(runId)))
      })
    })
  )
}
