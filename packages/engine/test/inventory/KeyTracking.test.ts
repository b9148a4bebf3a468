import { assert, layer } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import type { Redis, RedisOptions } from "ioredis"
import { Inventory } from "../../src/inventory/Inventory.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { makeRecentSnapshots } from "../../src/inventory/RecentSnapshots.ts"
import { metaKey } from "../../src/inventory/RunKeys.ts"
import * as Fixtures from "./Fixtures.ts"
import * as RedisForTests from "./RedisForTests.ts"

const classes = [Fixtures.layout.travelClass]

/** Asks Redis again and again, each time a round trip, until something holds. */
const until = (holds: () => boolean) =>
  Effect.flatMap(ManagedRedis, (redis) => Effect.repeat(redis.send("PING"), { until: holds }))

const scriptsRun = Effect.map(
  Effect.flatMap(ManagedRedis, (redis) => redis.send("INFO", "commandstats")),
  (text) => Number(/cmdstat_evalsha:calls=(\d+)/.exec(String(text))?.[1])
)

/** A run and snapshots of it that Redis tells of; changes are made over another connection. */
const told = Effect.gen(function*() {
  const redis = yield* ManagedRedis
  const inventory = yield* Inventory
  const run = yield* Fixtures.newRun
  yield* inventory.load([Fixtures.loadOf(run)])
  const recent = yield* makeRecentSnapshots(redis)
  // The script is there from here on, and somebody wants to be told.
  yield* recent.get(run, classes)
  yield* until(recent.areTold)
  recent.drop(run)
  const look = recent.get(run, classes)
  const peek = () => recent.peek(run, classes)
  const wait = (passengers: number) => redis.send("HSET", metaKey(run), "p:2A:GN", String(passengers))
  const waiting = Effect.map(look, (found) => found?.classes.get("2A")?.waitingPassengers)
  return { inventory, look, peek, recent, redis, run, wait, waiting }
})

const suite = (name: string, store: typeof RedisForTests.inventory) =>
  layer(store, { timeout: "60 seconds" })(`runs that ${name} tells of`, (it) => {
    it.effect("are read once until they change, however long that is", () =>
      Effect.gen(function*() {
        const { look, peek, redis } = yield* told
        const first = yield* look
        const before = yield* scriptsRun
        const seconds = Effect.map(redis.send("TIME"), (time) => {
          const [whole, micros] = String(time).split(",").map(Number)
          return (whole ?? 0) + (micros ?? 0) / 1e6
        })
        const start = yield* seconds
        // Five times as long as a run is shown where nobody tells.
        yield* Effect.repeat(Effect.andThen(look, seconds), { until: (now) => now - start > 0.1 })
        assert.strictEqual(peek(), first)
        assert.strictEqual(yield* scriptsRun, before)
      }))

    it.effect("are read again once another connection has changed them", () =>
      Effect.gen(function*() {
        const { inventory, look, peek, run, wait, waiting } = yield* told
        yield* look
        for (const passengers of [3, 4, 5]) {
          yield* wait(passengers)
          yield* until(() => peek() === undefined)
          assert.strictEqual(yield* waiting, passengers)
        }
        yield* inventory.allocate(Fixtures.requestOf(run, "a"))
        yield* until(() => peek() === undefined)
        assert.deepStrictEqual(yield* look, yield* inventory.snapshot(run, classes))
      }))

    it.effect("are read again once Redis was emptied", () =>
      Effect.gen(function*() {
        const { look, peek, redis } = yield* told
        assert.isNotNull(yield* look)
        yield* redis.send("FLUSHALL")
        yield* until(() => peek() === undefined)
        assert.isNull(yield* look)
      }))

    it.effect("are shown for a moment only where Redis may not tell, and for longer when it may again", () =>
      Effect.gen(function*() {
        const { look, peek, recent, redis, wait, waiting } = yield* told
        yield* look
        yield* Effect.acquireUseRelease(
          redis.send("ACL", "SETUSER", "default", "-client|tracking"),
          () =>
            Effect.gen(function*() {
              yield* redis.send("CLIENT", "KILL", "TYPE", "pubsub")
              yield* until(() => !recent.areTold())
              assert.isUndefined(peek())
              yield* look
              yield* wait(7)
              yield* until(() => peek() === undefined)
              assert.strictEqual(yield* waiting, 7)
            }),
          () => Effect.orDie(redis.send("ACL", "SETUSER", "default", "+client|tracking"))
        )
        yield* until(recent.areTold)
        yield* look
        yield* wait(8)
        yield* until(() => peek() === undefined)
        assert.strictEqual(yield* waiting, 8)
      }))
  })

/** Redis, and every connection that was made beside the first. */
const withLines = Effect.gen(function*() {
  const redis = yield* ManagedRedis
  const lines: Array<Redis> = []
  const duplicate = (changes: Partial<RedisOptions>) => {
    const line = redis.duplicate(changes)
    lines.push(line)
    return line
  }
  return { redis: ManagedRedis.of({ ...redis, duplicate }), lines }
})

layer(RedisForTests.inventory, { timeout: "60 seconds" })("a line to Redis that has fallen silent", (it) => {
  it.effect("is followed by another, which stands when the end of the first is noticed at last", () =>
    Effect.gen(function*() {
      const { lines, redis } = yield* withLines
      const { recent } = yield* Effect.provideService(told, ManagedRedis, redis)
      const [listener] = lines
      assert.isDefined(listener)
      const ended = yield* Effect.forkChild(
        Effect.callback<void>((resume) => {
          listener.once("end", () => resume(Effect.void))
        }),
        { startImmediately: true }
      )
      // Nothing is heard on it any more, not even that it was closed.
      listener.stream.pause()
      yield* until(() => !recent.areTold())
      yield* until(recent.areTold)
      assert.notStrictEqual(listener.status, "end")
      yield* Fiber.join(ended)
      assert.isTrue(recent.areTold())
    }))
})

suite("the machine's Redis", RedisForTests.inventory)
suite("Redis in WebAssembly", RedisForTests.inventoryInWasm)
