import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { PromotionQueue } from "../../src/sale/PromotionQueue.ts"

const bound = 10_000

describe("the queue of runs for the promoter", () => {
  it.effect("holds each run once, and no more than its bound", () =>
    Effect.gen(function*() {
      const queue = yield* PromotionQueue
      for (let runId = 1; runId <= bound + 1; runId++) yield* Effect.andThen(queue.wake(runId), queue.wake(runId))
      const taken = yield* Effect.forEach(Array.from({ length: bound }), () => queue.take)
      assert.strictEqual(new Set(taken).size, bound)
      // The one too many is not there; there is room for another.
      yield* queue.wake(7)
      assert.strictEqual(yield* queue.take, 7)
    }).pipe(Effect.provide(PromotionQueue.layer)))
})
