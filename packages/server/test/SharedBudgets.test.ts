import { EmbeddedRedis } from "@berth/embedded/EmbeddedRedis"
import * as EffectRedis from "@berth/engine/inventory/EffectRedis"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import { makeSharedBudgets, sliceOf } from "@berth/server/SharedBudgets"
import { assert, it, layer } from "@effect/vitest"
import { Effect, Fiber, Latch, Layer, Redacted, Ref } from "effect"
import { RateLimiter } from "effect/persistence"
import { TestClock } from "effect/testing"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const callsPerMinute = 120
const slice = sliceOf(callsPerMinute)

const embeddedRedis = Layer.unwrap(Effect.gen(function*() {
  const dataDir = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "berth-limits-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  return EmbeddedRedis.layer({ dataDir, kind: "auto" })
}))

const redisLimiter = RateLimiter.layer.pipe(
  Layer.provide(RateLimiter.layerStoreRedis({ prefix: "redis:LIMIT:" })),
  Layer.provide(EffectRedis.layer),
  Layer.provideMerge(Layer.unwrap(Effect.map(EmbeddedRedis, ({ uri }) => ManagedRedis.layer(Redacted.make(uri))))),
  Layer.provide(embeddedRedis)
)

type Budgets = Effect.Success<typeof makeSharedBudgets>

/** Calls until the first refusal, and how many were let through; `atOnce` at the same time. */
const spend = Effect.fnUntraced(function*({ take }: Budgets, key: string, tries: number, atOnce = 1) {
  const answers = yield* Effect.forEach(
    Array.from({ length: tries }),
    () => Effect.isSuccess(take({ key, callsPerMinute })),
    { concurrency: atOnce }
  )
  return answers.filter((through) => through).length
})

// Time stands still in these tests, so nothing is earned back while they run.
layer(redisLimiter, { timeout: "60 seconds" })("budgets shared through Redis", (test) => {
  test.effect("one server gives the whole budget and no more, and what is earned as time goes by", () =>
    Effect.gen(function*() {
      const server = yield* makeSharedBudgets
      assert.strictEqual(yield* spend(server, "one", 1000), callsPerMinute)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* spend(server, "one", 1000), callsPerMinute / 6)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* spend(server, "one", 1000, 50), callsPerMinute)
    }))

  test.effect("a second server adds a slice to the budget at most, however many call at once", () =>
    Effect.gen(function*() {
      const first = yield* makeSharedBudgets
      assert.strictEqual(yield* spend(first, "two", callsPerMinute, 50), callsPerMinute)
      const second = yield* makeSharedBudgets
      assert.isAtMost(yield* spend(second, "two", 1000, 100), slice)
      const third = yield* makeSharedBudgets
      assert.isAtMost(yield* spend(third, "two", 1000, 100), slice)
    }))

  test.effect("two servers that are called in turn share one budget", () =>
    Effect.gen(function*() {
      const [first, second] = [yield* makeSharedBudgets, yield* makeSharedBudgets]
      let through = 0
      for (let round = 0; round < 2 * callsPerMinute; round++) {
        through += yield* spend(round % 2 === 0 ? first : second, "turns", 1)
      }
      assert.isAtLeast(through, callsPerMinute)
      assert.isAtMost(through, callsPerMinute + slice)
    }))

  test.effect("what is counted in Redis goes by itself", () =>
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      yield* spend(yield* makeSharedBudgets, "gone", callsPerMinute, 10)
      const seconds = Number(yield* redis.send("TTL", "redis:LIMIT:{gone}"))
      assert.isAbove(seconds, 0)
      assert.isAtMost(seconds, 60)
    }))
})

/** A limiter that notes what it was asked and answers when the gate is open. */
const scripted = Effect.gen(function*() {
  const gate = yield* Latch.make(true)
  const asked = yield* Ref.make(0)
  const real = yield* RateLimiter.RateLimiter
  const limiter = RateLimiter.RateLimiter.of({
    ...real,
    consume: (options) =>
      Ref.update(asked, (count) => count + 1).pipe(
        Effect.andThen(gate.await),
        Effect.andThen(real.consume(options))
      )
  })
  return { gate, asked, budgets: yield* Effect.provideService(makeSharedBudgets, RateLimiter.RateLimiter, limiter) }
})

const memory = RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))

it.effect("who makes few calls is counted without asking Redis, and who makes many by ten calls at a time", () =>
  Effect.gen(function*() {
    const { asked, budgets } = yield* scripted
    yield* spend(budgets, "few", slice / 2 - 1)
    assert.strictEqual(yield* Ref.get(asked), 0)
    for (let call = 0; call < callsPerMinute; call++) {
      yield* spend(budgets, "many", 1)
      yield* Effect.yieldNow
    }
    assert.isAtMost(yield* Ref.get(asked), callsPerMinute / (slice / 2))
  }).pipe(Effect.provide(memory)))

it.effect("a call waits for Redis only beyond the slice, and not for long", () =>
  Effect.gen(function*() {
    const { budgets, gate } = yield* scripted
    yield* gate.close
    assert.strictEqual(yield* spend(budgets, "slow", slice), slice)
    const beyond = yield* Effect.forkChild(spend(budgets, "slow", callsPerMinute), { startImmediately: true })
    yield* TestClock.adjust("249 millis")
    assert.isUndefined(beyond.pollUnsafe())
    yield* TestClock.adjust("1 millis")
    // From here on this server counts alone, and its own limit holds.
    assert.strictEqual(yield* Fiber.join(beyond), callsPerMinute - slice)
    assert.strictEqual(yield* spend(budgets, "slow", 10), 0)
  }).pipe(Effect.provide(memory)))

it.effect("where Redis fails each server keeps the limit by itself, and asks again a second later", () =>
  Effect.gen(function*() {
    const asked = yield* Ref.make(0)
    const away = new RateLimiter.RateLimiterError({
      reason: new RateLimiter.RateLimitStoreError({ message: "away", cause: undefined })
    })
    const real = yield* RateLimiter.RateLimiter
    const budgets = yield* Effect.provideService(makeSharedBudgets, RateLimiter.RateLimiter, {
      ...real,
      consume: () => Effect.andThen(Ref.update(asked, (count) => count + 1), Effect.fail(away))
    })
    assert.strictEqual(yield* spend(budgets, "alone", 200), callsPerMinute)
    assert.strictEqual(yield* Ref.get(asked), 1)
    yield* TestClock.adjust("1 minute")
    assert.strictEqual(yield* spend(budgets, "alone", 200), callsPerMinute)
    assert.strictEqual(yield* Ref.get(asked), 2)
  }).pipe(Effect.provide(memory)))
