import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { holdKey } from "../../src/inventory/RunKeys.ts"
import * as Fixtures from "./Fixtures.ts"
import { loaded, slotsOf, travelClass, whole } from "./LoadedRun.ts"
import * as RedisForTests from "./RedisForTests.ts"

const { classOfRun, requestOf } = Fixtures

layer(RedisForTests.inventory, { timeout: "60 seconds" })("inventory in Redis", (it) => {
  it.effect("never brings back a hold that ended, also one it had not seen", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      yield* inventory.allocate(requestOf(run, "a"))
      const verdicts = [{ _tag: "Drop", holdId: "a" }, { _tag: "Drop", holdId: "on its way" }] as const
      yield* inventory.judge({ run, epoch: 1, classes: [classOfRun], verdicts })
      assert.deepStrictEqual(yield* inventory.allocate(requestOf(run, "a")), { _tag: "Ended" })
      assert.deepStrictEqual(yield* inventory.allocate(requestOf(run, "on its way")), { _tag: "Ended" })
    }))

  it.effect("frees a sale once, however often it is told", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const [slot = 0] = yield* slotsOf(requestOf(run, "a"))
      const release = {
        run,
        epoch: 1,
        classes: [classOfRun],
        freeings: [{ saleId: 7, travelClass, slot, range: whole }]
      }
      yield* inventory.release(release)
      assert.deepStrictEqual(yield* slotsOf(requestOf(run, "b")), [slot])
      assert.strictEqual(yield* inventory.release(release), "Applied")
      assert.notDeepEqual(yield* slotsOf(requestOf(run, "c")), [slot])
    }))

  it.effect("fences what was committed in another epoch", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const classes = [classOfRun]
      for (const [epoch, reply] of [[0, "Stale"], [2, "Early"]] as const) {
        assert.strictEqual(yield* inventory.release({ run, epoch, classes, freeings: [] }), reply)
        assert.strictEqual(yield* inventory.judge({ run, epoch, classes, verdicts: [] }), reply)
        const left = { run, epoch, travelClass, holdId: "a", passengers: 0 }
        assert.strictEqual(yield* inventory.setWaiting(left), reply)
        const config = { run, gate: { epoch, version: 5 }, classes: [{ classOfRun, masks: Fixtures.masks }] }
        assert.strictEqual(yield* inventory.applyConfig(config), reply)
      }
      const absent = yield* Fixtures.newRun
      assert.strictEqual(yield* inventory.release({ run: absent, epoch: 1, classes, freeings: [] }), "Early")
    }))

  it.effect("lets nobody write under a hold whose time is over, and leaves one alone that was seated again", () =>
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      const { inventory, run } = yield* loaded
      const request = requestOf(run, "a")
      yield* inventory.allocate(request)
      const verdicts = [{ _tag: "Drop", holdId: "a" }] as const
      const options = { run, epoch: 1, classes: [classOfRun], verdicts, graceMillis: 1000 }
      // As the sweep judges a hold that a promoter has renewed since.
      assert.strictEqual(yield* inventory.judge(options), "Applied")
      assert.strictEqual((yield* inventory.allocate(request))._tag, "Held")
      yield* redis.send("HSET", holdKey(run), "a", "held|1|2A:GN|0|4|1|print|0")
      assert.deepStrictEqual(yield* inventory.allocate(request), { _tag: "Late" })
      yield* inventory.judge(options)
      assert.deepStrictEqual(yield* inventory.allocate(request), { _tag: "Ended" })
    }))
})
