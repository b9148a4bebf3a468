import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { PnrSequence } from "../../src/ledger/PnrSequence.ts"
import { database } from "../TestEngine.ts"

const servers = 2
const each = 2_500

layer(database, { timeout: "60 seconds", excludeTestServices: true })("PNRs", (it) => {
  it.effect("are each given once, to however many servers ask at once, across the blocks that they take", () =>
    Effect.gen(function*() {
      const given = yield* Effect.forEach(Array.from({ length: servers }), () =>
        Effect.gen(function*() {
          const { next } = yield* PnrSequence
          return yield* Effect.forEach(Array.from({ length: each }), () => next, { concurrency: "unbounded" })
        }).pipe(Effect.provide(Layer.fresh(PnrSequence.layer))), { concurrency: "unbounded" })
      assert.strictEqual(new Set(given.flat()).size, servers * each)
    }))
})
