import { UserId } from "@berth/domain/UserId"
import { CallBudget, callsPerMinuteMax } from "@berth/server/CallBudget"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

const passenger = { userId: UserId.make("user_789"), role: "passenger" } as const

const spend = Effect.gen(function*() {
  const { take } = yield* CallBudget
  for (let call = 0; call < callsPerMinuteMax; call++) {
    yield* take(passenger, undefined)
  }
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
  }).pipe(Effect.provide(CallBudget.layer)))

it.effect("nobody's calls count for another, and an admin's for nobody", () =>
  Effect.gen(function*() {
    const { take } = yield* CallBudget
    yield* spend
    yield* take({ ...passenger, userId: UserId.make("another") }, undefined)
    yield* take({ ...passenger, role: "admin" }, undefined)
  }).pipe(Effect.provide(CallBudget.layer)))

it.effect("repeating a key is free, a new key is not", () =>
  Effect.gen(function*() {
    const { take } = yield* CallBudget
    yield* take(passenger, "first")
    for (let call = 1; call < callsPerMinuteMax; call++) {
      yield* take(passenger, undefined)
    }
    yield* take(passenger, "first")
    yield* Effect.flip(take(passenger, "second"))
    yield* Effect.flip(take(passenger, "second"))
  }).pipe(Effect.provide(CallBudget.layer)))
