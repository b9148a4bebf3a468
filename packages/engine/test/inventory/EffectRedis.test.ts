import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Queue } from "effect"
import { Redis } from "effect/persistence"
import * as EffectRedis from "../../src/inventory/EffectRedis.ts"
import * as RedisForTests from "./RedisForTests.ts"

const double = Redis.script((key: string, by: number) => [key, by], {
  lua: `return redis.call("INCRBY", KEYS[1], 2 * ARGV[1])`,
  numberOfKeys: 1
}).withReturnType<unknown>()

const redisLayer = EffectRedis.layer.pipe(Layer.provide(RedisForTests.managedRedis))

layer(redisLayer, { timeout: "60 seconds" })("Effect's Redis service over the managed client", (it) => {
  it.effect("sends commands and gives the error that Redis gave", () =>
    Effect.gen(function*() {
      const redis = yield* Redis.Redis
      yield* redis.send("SET", "command", "value")
      assert.strictEqual(yield* redis.send("GET", "command"), "value")
      const error = yield* Effect.flip(redis.send<number>("INCR", "command"))
      assert.strictEqual(error._tag, "RedisError")
      assert.include(String(error.cause), "not an integer")
    }))

  it.effect("runs a script, also after Redis has lost it", () =>
    Effect.gen(function*() {
      const redis = yield* Redis.Redis
      const run = redis.eval(double)
      assert.strictEqual(yield* run("script", 1), 2)
      yield* redis.send("SCRIPT", "FLUSH")
      assert.strictEqual(yield* run("script", 2), 6)
    }))

  it.effect("hears what is published on a channel", () =>
    Effect.gen(function*() {
      const redis = yield* Redis.Redis
      const messages = yield* redis.subscribe("channel")
      assert.strictEqual(yield* redis.send("PUBLISH", "channel", "first"), 1)
      assert.deepStrictEqual(yield* Queue.take(messages), { channel: "channel", message: "first" })
    }))

  it.effect("lets a reserved connection wait without holding up the others", () =>
    Effect.gen(function*() {
      const redis = yield* Redis.Redis
      const connection = yield* redis.reserve
      const popped = yield* Effect.forkChild(connection.send("BLPOP", "list", "0"), { startImmediately: true })
      assert.strictEqual(yield* redis.send("PING"), "PONG")
      yield* redis.send("RPUSH", "list", "item")
      assert.deepStrictEqual(yield* Fiber.join(popped), ["list", "item"])
    }))
})
