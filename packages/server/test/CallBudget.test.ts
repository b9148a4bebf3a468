import { callsPerMinuteMax } from "@berth/domain/rules/Permissions"
import { UserId } from "@berth/domain/UserId"
import { CallBudget } from "@berth/server/CallBudget"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { TestClock } from "effect/testing"

const passenger = { userId: UserId.make("user_789"), role: "passenger" } as const

const calls = callsPerMinuteMax.passenger

const alone = CallBudget.layer.pipe(
  Layer.provide(RateLimiter.layer),
  Layer.provide(RateLimiter.layerStoreMemory)
)

const spend = Effect.gen(function*() {
  const { take } = yield* CallBudget
  for (let call = 0; call < calls; call++) {
    yield* take(passenger, undefined)
  }
})

it("a passenger has at least 120 calls a minute, staff more", () => {
  assert.isAtLeast(calls, 120)
  assert.isAbove(callsPerMinuteMax.clerk, calls)
  assert.isAbove(callsPerMinuteMax.operator, calls)
})

it.effect("a passenger makes 120 calls in a row, is told when to come back, and may then", () =>
  Effect.gen(function*() {
    const { take } = yield* CallBudget
    yield* spend
    const refused = yield* Effect.flip(take(passenger, undefined))
    assert.deepInclude({ ...refused }, { _tag: "RateLimited", retryAfterSeconds: 1 })
    yield* TestClock.adjust("1 second")
    yield* take(passenger, undefined)
    yield* TestClock.adjust("1 minute")
    yield* spend
    yield* Effect.flip(take(passenger, undefined))
  }).pipe(Effect.provide(alone)))

it.effect("nobody's calls count for another, and an admin's for nobody", () =>
  Effect.gen(function*() {
    const { take } = yield* CallBudget
    yield* spend
    yield* take({ ...passenger, userId: UserId.make("another") }, undefined)
    yield* take({ ...passenger, role: "admin" }, undefined)
  }).pipe(Effect.provide(alone)))

it.effect("repeating a key is free, a new key is not", () =>
  Effect.gen(function*() {
    const { take } = yield* CallBudget
    yield* take(passenger, "first")
    for (let call = 1; call < calls; call++) {
      yield* take(passenger, undefined)
    }
    yield* take(passenger, "first")
    yield* Effect.flip(take(passenger, "second"))
    yield* Effect.flip(take(passenger, "second"))
  }).pipe(Effect.provide(alone)))
