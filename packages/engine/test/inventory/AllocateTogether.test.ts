import { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { assert, layer } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { makeAllocate } from "../../src/inventory/AllocateTogether.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { requestOf } from "./Fixtures.ts"
import { loaded } from "./LoadedRun.ts"
import * as RedisForTests from "./RedisForTests.ts"

/** Of the general quota. */
const berths = 18

/** Allocates by calls that are counted. */
const counting = Effect.gen(function*() {
  const redis = yield* ManagedRedis
  let calls = 0
  const counted: ManagedRedis["Service"] = {
    ...redis,
    run: (...call) => {
      calls++
      return redis.run(...call)
    }
  }
  return { allocate: yield* makeAllocate(counted), calls: () => calls }
})

const nowMillis = Date.now()

layer(RedisForTests.inventory, { timeout: "60 seconds" })("parties that ask at once", (it) => {
  it.effect("are seated sixteen to a call, each berth once, until there are none", () =>
    Effect.gen(function*() {
      const { run } = yield* loaded
      const { allocate, calls } = yield* counting
      const replies = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, n) => `party${n}`),
        (holdId) => allocate({ request: requestOf(run, holdId), nowMillis }),
        { concurrency: "unbounded" }
      )
      const slots = replies.flatMap((reply) => reply._tag === "Held" ? reply.slots : [])
      assert.lengthOf(slots, berths)
      assert.strictEqual(new Set(slots).size, berths)
      assert.isTrue(replies.slice(0, berths).every(({ _tag }) => _tag === "Held"), "who asks first is seated first")
      assert.isTrue(replies.slice(berths).every(({ _tag }) => _tag === "Full"))
      assert.strictEqual(calls(), 3)
    }))

  it.effect("have the answer to what they asked, whatever it is, and a call for each run", () =>
    Effect.gen(function*() {
      const { run } = yield* loaded
      const { run: other } = yield* loaded
      const { allocate, calls } = yield* counting
      const known = requestOf(run, "known")
      yield* allocate({ request: known, nowMillis })
      const requests = [
        requestOf(run, "new"),
        { ...known, fingerprint: "other" },
        requestOf(other, "elsewhere"),
        requestOf(run, "late"),
        known,
        requestOf(run, "behind the times", { gate: { epoch: 1, version: 2 } })
      ]
      const replies = yield* Effect.forEach(
        requests,
        (request) => allocate({ request, nowMillis: request.holdId === "late" ? 0 : nowMillis }),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(replies.map(({ _tag }) => _tag), ["Held", "Conflict", "Held", "Late", "Held", "Gate"])
      assert.strictEqual(calls(), 1 + 3)
    }))

  it.effect("are all told where Redis does not answer", () =>
    Effect.gen(function*() {
      const { run } = yield* loaded
      const away = new StoreUnavailable({ store: "redis", retryAfterSeconds: 1, detail: "Redis does not answer." })
      const allocate = yield* makeAllocate({ ...(yield* ManagedRedis), run: () => Effect.fail(away) })
      const exits = yield* Effect.forEach(
        ["a", "b", "c"],
        (holdId) => Effect.exit(allocate({ request: requestOf(run, holdId), nowMillis })),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(exits, [Exit.fail(away), Exit.fail(away), Exit.fail(away)])
    }))
})
