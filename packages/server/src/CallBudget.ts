import type { CurrentUser } from "@berth/domain/Auth"
import { isAdmin } from "@berth/domain/Auth"
import { RateLimited } from "@berth/domain/ServiceErrors"
import { note } from "@berth/engine/metrics/Series"
import { Clock, Context, Effect, Layer } from "effect"
import { rateLimited } from "./RequestMetrics.ts"

/** Calls that a person may make in a row, and in each minute after. */
export const callsPerMinuteMax = 120

const millisPerCall = 60_000 / callsPerMinuteMax

/** People whose calls are counted; who was quiet the longest is forgotten first. */
const peopleMax = 10_000

/** Keys of a person's bookings that are known to be repeats. */
const keysPerPersonMax = 32

interface Budget {
  calls: number
  readonly keys: Set<string>
  countedAtMillis: number
}

const dropOldest = (entries: Set<string> | Map<string, unknown>): void => {
  for (const oldest of entries.keys()) {
    entries.delete(oldest)
    return
  }
}

/**
 * How many calls each person may still make: a bucket of tokens each, in memory. Admins are not counted, and neither is
 * the repeat of a booking's key, because whoever got no answer must be able to ask again.
 */
export class CallBudget extends Context.Service<CallBudget, {
  take(user: CurrentUser["Service"], key: string | undefined): Effect.Effect<void, RateLimited>
}>()("@berth/server/CallBudget") {
  static readonly layer = Layer.sync(CallBudget, () => {
    const budgets = new Map<string, Budget>()

    const budgetOf = (userId: string, nowMillis: number): Budget => {
      const budget = budgets.get(userId) ?? { calls: callsPerMinuteMax, keys: new Set(), countedAtMillis: nowMillis }
      const earned = Math.max(0, nowMillis - budget.countedAtMillis) / millisPerCall
      budget.calls = Math.min(callsPerMinuteMax, budget.calls + earned)
      budget.countedAtMillis = nowMillis
      // Taken out and put in again, so that the map's order is the order of the last calls.
      budgets.delete(userId)
      budgets.set(userId, budget)
      if (budgets.size > peopleMax) {
        dropOldest(budgets)
      }
      return budget
    }

    return CallBudget.of({
      take: Effect.fnUntraced(function*(user, key) {
        if (isAdmin(user)) {
          return
        }
        const budget = budgetOf(user.userId, yield* Clock.currentTimeMillis)
        if (key !== undefined && budget.keys.has(key)) {
          return
        }
        if (budget.calls < 1) {
          note(rateLimited, 1)
          const retryAfterSeconds = Math.ceil((1 - budget.calls) * millisPerCall / 1000)
          return yield* new RateLimited({
            retryAfterSeconds,
            detail: `More than ${callsPerMinuteMax} calls in a minute. Try again in ${retryAfterSeconds} s.`
          })
        }
        budget.calls -= 1
        if (key !== undefined) {
          budget.keys.add(key)
          if (budget.keys.size > keysPerPersonMax) {
            dropOldest(budget.keys)
          }
        }
      })
    })
  })
}
