import { EmbeddedRedis } from "@berth/embedded/EmbeddedRedis"
import { assert, layer } from "@effect/vitest"
import { Effect, Redacted, Stream, SubscriptionRef } from "effect"
import { InventoryHealth } from "../../src/inventory/InventoryHealth.ts"
import { luaScript } from "../../src/inventory/LuaScript.ts"
import { commandsInFlightMax, ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import * as RedisForTests from "./RedisForTests.ts"

layer(RedisForTests.managedRedis, { timeout: "60 seconds" })("managed Redis", (it) => {
  it.effect("says at the start where nobody answers, without the password", () =>
    Effect.gen(function*() {
      // Port 1 of this machine is nobody's.
      const nobody = ManagedRedis.layer(Redacted.make("redis://:secret@127.0.0.1:1"))
      const error = yield* Effect.flip(Effect.provide(ManagedRedis, nobody))
      assert.strictEqual(error._tag, "RedisUnreachable")
      assert.include(error.message, "127.0.0.1:1")
      assert.notInclude(error.message, "secret")
    }))

  it.effect("connects again after a cut, says so, and serves on", () =>
    Effect.gen(function*() {
      const { uri } = yield* EmbeddedRedis
      yield* Effect.gen(function*() {
        const redis = yield* ManagedRedis
        assert.strictEqual(yield* SubscriptionRef.get(redis.connections), 1)
        const id = Number(yield* redis.send("CLIENT", "ID"))
        const cut = yield* Effect.flip(
          redis.send("CLIENT", "KILL", "ID", id, "SKIPME", "no").pipe(
            Effect.andThen(redis.send("PING")),
            Effect.asVoid
          )
        )
        assert.strictEqual(cut._tag, "StoreUnavailable")
        yield* SubscriptionRef.changes(redis.connections).pipe(
          Stream.takeUntil((count) => count === 2),
          Stream.runDrain
        )
        assert.strictEqual(yield* redis.send("PING"), "PONG")
      }).pipe(Effect.provide(ManagedRedis.layer(Redacted.make(uri))))
    }))

  it.effect("refuses at once what it would have to queue beyond its bound", () =>
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      const calls = Array.from({ length: commandsInFlightMax + 1 }, () => Effect.result(redis.send("PING")))
      const replies = yield* Effect.all(calls, { concurrency: "unbounded" })
      assert.strictEqual(replies.filter(({ _tag }) => _tag === "Failure").length, 1)
    }))

  it.effect("treats a script that fails as a defect", () =>
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      const exit = yield* Effect.exit(redis.run(luaScript("book-n"), [], []))
      assert.strictEqual(exit._tag, "Failure")
      assert.match(String(exit), /Die/)
    }))

  it.effect("knows whether the runs were loaded into this instance", () =>
    Effect.gen(function*() {
      const { parts } = yield* InventoryHealth
      const [part] = yield* parts
      if (part === undefined) return assert.fail("no Redis")
      assert.isNull(yield* part.seededInstance)
      assert.match(part.instance, /^[0-9a-f]{40}:master$/)
      yield* part.markSeeded
      assert.strictEqual(yield* part.seededInstance, part.instance)
    }).pipe(Effect.provide(InventoryHealth.layer)))
})
