import { assert, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Scheduler } from "effect"
import { Inventory } from "../../src/inventory/Inventory.ts"
import * as InventoryRedis from "../../src/inventory/InventoryRedis.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { makeRecentSnapshots } from "../../src/inventory/RecentSnapshots.ts"
import * as Fixtures from "./Fixtures.ts"
import { fill, loaded } from "./LoadedRun.ts"
import * as RedisForTests from "./RedisForTests.ts"

const { classOfRun, requestOf } = Fixtures
const classes = [Fixtures.layout.travelClass]

/** The real Redis, which tells nobody of changes, and how often it was asked for a snapshot. */
const counted = Effect.gen(function*() {
  const redis = yield* ManagedRedis
  let asked = 0
  const counting: ManagedRedis["Service"] = {
    ...redis,
    isCluster: true,
    runBinary: (script, keys, args) => {
      asked++
      return redis.runBinary(script, keys, args)
    }
  }
  return { redis: counting, asked: () => asked }
})

const counting = Effect.gen(function*() {
  const { asked, redis } = yield* counted
  return { recent: yield* makeRecentSnapshots(redis), asked }
})

/** Has a fiber wait for its turn before one of its steps, as it may before any, and be ended there. */
const waitingAt = (step: number): Scheduler.Scheduler => {
  const scheduler = new Scheduler.MixedScheduler()
  let steps = 0
  return {
    executionMode: scheduler.executionMode,
    makeDispatcher: () => scheduler.makeDispatcher(),
    shouldYield: () => steps++ === step
  }
}

layer(RedisForTests.inventory, { timeout: "60 seconds" })("recent snapshots", (it) => {
  it.effect("show at once what was done from here", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const look = inventory.recentSnapshot(run, classes)
      assert.strictEqual((yield* look)?.classes.get("2A")?.taken.length, 0)
      yield* inventory.allocate(requestOf(run, "a"))
      assert.deepStrictEqual(yield* look, yield* inventory.snapshot(run, classes))
      yield* inventory.judge({ run, epoch: 1, classes: [classOfRun], verdicts: [{ _tag: "Drop", holdId: "a" }] })
      assert.deepStrictEqual(yield* look, yield* inventory.snapshot(run, classes))
    }))

  it.effect("ask Redis once for all who look at the same moment", () =>
    Effect.gen(function*() {
      const { run } = yield* loaded
      const { asked, recent } = yield* counting
      const seen = yield* Effect.all(Array.from({ length: 50 }, () => recent.get(run, classes)), {
        concurrency: "unbounded"
      })
      assert.strictEqual(asked(), 1)
      assert.strictEqual(new Set(seen).size, 1)
    }))

  it.effect("are read once for a crowd that was refused together", () =>
    Effect.gen(function*() {
      const { run } = yield* loaded
      yield* fill(run, 0)
      const { asked, redis } = yield* counted
      const { allocate, recentSnapshot } = Context.get(
        yield* Layer.build(Layer.provide(Layer.fresh(InventoryRedis.layer), Layer.succeed(ManagedRedis, redis))),
        Inventory
      )
      const refused = (n: number) => Effect.andThen(allocate(requestOf(run, `late${n}`)), recentSnapshot(run, classes))
      yield* Effect.forEach([1, 2, 3, 4, 5], refused, { concurrency: "unbounded" })
      assert.strictEqual(asked(), 1)
    }))

  it.effect("have the classes that were asked for, whatever somebody else asks of the run at the same moment", () =>
    Effect.gen(function*() {
      const { run } = yield* loaded
      const { recent } = yield* counting
      const [none, all] = yield* Effect.all([recent.get(run, []), recent.get(run, classes)], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual([none?.classes.size, all?.classes.size], [0, 1])
    }))

  it.effect("are the same object while the run does not change, and another one after", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const { asked, recent } = yield* counting
      const first = yield* recent.get(run, classes)
      recent.drop(run)
      assert.strictEqual(yield* recent.get(run, classes), first)
      assert.strictEqual(asked(), 2)
      yield* inventory.allocate(requestOf(run, "a"))
      recent.drop(run)
      assert.notStrictEqual(yield* recent.get(run, classes), first)
    }))

  it.effect("do not keep what was read while the run was changed", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const { recent } = yield* counting
      const reading = yield* Effect.forkChild(recent.get(run, classes), { startImmediately: true })
      recent.drop(run)
      yield* inventory.allocate(requestOf(run, "a"))
      yield* Fiber.join(reading)
      assert.deepStrictEqual(yield* recent.get(run, classes), yield* inventory.snapshot(run, classes))
    }))

  it.effect("are read by the next one who looks where the one before gave up, whenever that was", () =>
    Effect.gen(function*() {
      const { run } = yield* loaded
      const { recent } = yield* counting
      for (let step = 0; step <= 30; step++) {
        recent.drop(run)
        const look = Effect.provideService(recent.get(run, classes), Scheduler.Scheduler, waitingAt(step))
        yield* Fiber.interrupt(yield* Effect.forkChild(look, { startImmediately: true }))
        assert.isNotNull(yield* recent.get(run, classes))
      }
    }))

  it.effect("know a run that is not in Redis", () =>
    Effect.gen(function*() {
      const { recent } = yield* counting
      assert.isNull(yield* recent.get(yield* Fixtures.newRun, classes))
    }))
})
