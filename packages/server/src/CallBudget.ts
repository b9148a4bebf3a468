import type { CurrentUser } from "@berth/domain/Auth"
import { callsPerMinuteMax, may } from "@berth/domain/rules/Permissions"
import type { RateLimited } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer } from "effect"
import type { RateLimiter } from "effect/persistence"
import { makeSharedBudgets } from "./SharedBudgets.ts"

/** People whose repeats are known; who was quiet the longest is forgotten first. */
const peopleMax = 10_000

/** Keys of a person's bookings that are known to be repeats. */
const keysPerPersonMax = 32

const dropOldest = (entries: Set<string> | Map<string, unknown>): void => {
  for (const oldest of entries.keys()) {
    entries.delete(oldest)
    return
  }
}

/**
 * How many calls each person may still make, on all servers together. Admins are not counted, and neither is the repeat
 * of a booking's key, because whoever got no answer must be able to ask again.
 */
export class CallBudget extends Context.Service<CallBudget, {
  take(user: CurrentUser["Service"], key: string | undefined): Effect.Effect<void, RateLimited>
}>()("@berth/server/CallBudget") {
  static readonly layer: Layer.Layer<CallBudget, never, RateLimiter.RateLimiter> = Layer.effect(
    CallBudget,
    Effect.gen(function*() {
      const budgets = yield* makeSharedBudgets
      const keysByPerson = new Map<string, Set<string>>()

      const remember = (userId: string, key: string): void => {
        const keys = keysByPerson.get(userId) ?? new Set()
        keys.add(key)
        if (keys.size > keysPerPersonMax) {
          dropOldest(keys)
        }
        keysByPerson.delete(userId)
        keysByPerson.set(userId, keys)
        if (keysByPerson.size > peopleMax) {
          dropOldest(keysByPerson)
        }
      }

      return CallBudget.of({
        take: (user, key) => {
          const repeated = key !== undefined && keysByPerson.get(user.userId)?.has(key) === true
          if (repeated || may(user, "call without limit")) {
            return Effect.void
          }
          const taken = budgets.take({ key: `user:${user.userId}`, callsPerMinute: callsPerMinuteMax[user.role] })
          return key === undefined ? taken : Effect.andThen(taken, Effect.sync(() => remember(user.userId, key)))
        }
      })
    })
  )
}
