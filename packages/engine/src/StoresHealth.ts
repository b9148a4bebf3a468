import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer } from "effect"
import { InventoryHealth } from "./inventory/InventoryHealth.ts"
import { StoreClock } from "./ledger/StoreClock.ts"
import { leftAlone } from "./StoreCircuit.ts"

/** How long a store may take to answer. */
const patience = "1 second"

/** How long an answer is repeated to others, so that asking for health is no load. */
const answerKept = "250 millis"

const reasonOf = <A>(name: string, check: Effect.Effect<A, StoreUnavailable>) =>
  Effect.match(Effect.timeoutOption(check, patience), {
    onFailure: (error) => [
      error === leftAlone[error.store]
        ? `${name} did not answer the last calls and is left alone for a second`
        : `${name} does not answer`
    ],
    onSuccess: ({ _tag }) => _tag === "None" ? [`${name} does not answer within ${patience}`] : []
  })

/** Whether the stores answer, without which nothing can be sold. A run that is being rebuilt is no reason. */
export class StoresHealth extends Context.Service<StoresHealth, {
  /** Sentences on what is wrong, within little more than a second; none where all is well. */
  readonly reasons: Effect.Effect<ReadonlyArray<string>>
}>()("@berth/engine/StoresHealth") {
  static readonly layer = Layer.effect(
    StoresHealth,
    Effect.gen(function*() {
      const clock = yield* StoreClock
      const redis = yield* InventoryHealth
      const check = Effect.map(
        Effect.all([reasonOf("PostgreSQL", clock.refresh), reasonOf("Redis", redis.parts)], { concurrency: 2 }),
        (found) => found.flat()
      )
      return StoresHealth.of({ reasons: yield* Effect.cachedWithTTL(check, answerKept) })
    })
  )
}
