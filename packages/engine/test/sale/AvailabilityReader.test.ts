import { assert, layer } from "@effect/vitest"
import { Array as Arr, Effect, Schema } from "effect"
import { Inventory } from "../../src/inventory/Inventory.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { metaKey } from "../../src/inventory/RunKeys.ts"
import { AvailabilityReader } from "../../src/sale/AvailabilityReader.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"

const decodeFields = Schema.decodeUnknownEffect(Schema.Array(Schema.String))

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("availability", (it) => {
  it.effect("names the quotas in the railway's order, whatever order a loading left in Redis", () =>
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      const reader = yield* AvailabilityReader
      const pools = Arr.flatMap(["LD", "GN", "SS", "TQ"] as const, (quota) => sleepers({ LB: 2 }, quota))
      const run = yield* openTrain({ stops: 3, pools })
      const key = metaKey(run)
      const before = yield* reader.availability(run)
      assert.deepStrictEqual(before.classes[0]?.quotas.map(({ quota }) => quota), ["GN", "TQ", "LD", "SS"])

      for (const field of (yield* decodeFields(yield* redis.send("HKEYS", key))).toSorted()) {
        const value = String(yield* redis.send("HGET", key, field))
        yield* redis.send("HDEL", key, field)
        yield* redis.send("HSET", key, field, value)
      }
      // A call from here, so that what was read before is not shown again.
      yield* (yield* Inventory).release({ run, epoch: 0, classes: [], freeings: [] })
      const after = yield* reader.availability(run)
      assert.deepStrictEqual(after.classes[0]?.quotas.map(({ quota }) => quota), ["GN", "TQ", "LD", "SS"])
    }))
})
