import { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import { makeAllocate } from "../../src/inventory/AllocateTogether.ts"
import type { RunRef } from "../../src/inventory/Inventory.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { legs, party, requestOf } from "./Fixtures.ts"
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

const Leg = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: legs - 1 }))

const Wish = Schema.Struct({
  types: Schema.Array(Schema.Literals(["any", "any", "LB", "UB"])).check(Schema.isMinLength(1), Schema.isMaxLength(4)),
  first: Leg,
  last: Leg,
  lowerBerthsMin: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 })),
  sameCoach: Schema.Boolean,
  tellsScattered: Schema.Boolean
})

const asking = (run: RunRef) =>
(
  { first, last, lowerBerthsMin, sameCoach, tellsScattered, types }: typeof Wish.Type,
  n: number
) =>
  requestOf(run, `party${n}`, {
    range: { from: Math.min(first, last), to: Math.max(first, last) + 1 },
    party: party(types, { sameCoach, lowerBerthsMin: Math.min(lowerBerthsMin, types.length) }),
    tellsScattered
  })

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

  it.effect.prop(
    "are seated and refused as they would be one by one",
    [Schema.Array(Wish).check(Schema.isMinLength(30), Schema.isMaxLength(60))],
    ([wishes]) =>
      Effect.gen(function*() {
        const { inventory, run: alone } = yield* loaded
        const { run: together } = yield* loaded
        const expected = yield* Effect.forEach(wishes.map(asking(alone)), inventory.allocate)
        const replies = yield* Effect.forEach(wishes.map(asking(together)), inventory.allocate, {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(replies, expected)
      }),
    { arbitrary: { runs: 30 }, timeout: 120_000 }
  )

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
