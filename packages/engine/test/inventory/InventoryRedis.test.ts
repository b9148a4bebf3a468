import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { classKeys, freedKey, holdKey, metaKey } from "../../src/inventory/RunKeys.ts"
import * as Fixtures from "./Fixtures.ts"
import { loaded, slotsOf, travelClass, whole } from "./LoadedRun.ts"
import * as RedisForTests from "./RedisForTests.ts"

const { classOfRun, requestOf } = Fixtures

layer(RedisForTests.inventory, { timeout: "60 seconds" })("inventory in Redis", (it) => {
  it.effect("forgets receipts after a day and keeps younger ones", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const redis = yield* ManagedRedis
      const [slot = 0] = yield* slotsOf(requestOf(run, "a"))
      const freeings = [{ saleId: 7, travelClass, slot, range: whole }]
      yield* inventory.release({ run, epoch: 1, classes: [classOfRun], freeings })
      yield* redis.send("HSET", holdKey(run), "r:6", "1", "old", "settled|1|2A:GN|0|4|1|print|0")
      yield* inventory.overdue(run, 0)
      const left = yield* redis.send("HMGET", holdKey(run), "r:6", "old", "a")
      assert.deepStrictEqual(Array.isArray(left) && left.map((value) => value !== null), [false, false, true])
      assert.strictEqual(yield* redis.send("HEXISTS", holdKey(run), "r:7"), 1)
    }))

  it.effect("loads its scripts again when Redis has lost them", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const redis = yield* ManagedRedis
      yield* redis.send("SCRIPT", "FLUSH")
      assert.strictEqual((yield* inventory.allocate(requestOf(run, "a")))._tag, "Held")
    }))

  it.effect("finds no run when Redis was emptied", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const redis = yield* ManagedRedis
      yield* redis.send("FLUSHALL")
      assert.deepStrictEqual(yield* inventory.allocate(requestOf(run, "a")), { _tag: "Gate", gate: null })
      assert.isNull(yield* inventory.snapshot(run, [travelClass]))
    }))

  it.effect("keeps all keys of a run in one slot of a cluster", () =>
    Effect.gen(function*() {
      const run = yield* Fixtures.newRun
      const keys = [metaKey(run), holdKey(run), freedKey(run), ...classKeys(run, [classOfRun])]
      assert.strictEqual(keys.length, 3 + 1 + 2 * 3)
      assert.strictEqual(new Set(keys).size, keys.length)
      for (const key of keys) assert.match(key, new RegExp(`^[^{]*\\{${run.trainId}:${run.date}\\}[^{}]*$`))
    }))
})
