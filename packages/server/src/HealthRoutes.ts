import { InventoryHealth } from "@berth/engine/inventory/InventoryHealth"
import { StoreClock } from "@berth/engine/ledger/StoreClock"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { Unhealthy } from "./TransportProblems.ts"

/** How long a store may take to answer. */
const patience = "1 second"

/** How long an answer is repeated to others, so that asking for health is no load. */
const answerKept = "250 millis"

const alive = HttpServerResponse.jsonUnsafe({ status: "ok" })

const reasonOf = <A, E, R>(store: string, check: Effect.Effect<A, E, R>) =>
  check.pipe(
    Effect.timeoutOption(patience),
    Effect.match({
      onFailure: () => [`${store} does not answer`],
      onSuccess: (answer) => answer._tag === "Some" ? [] : [`${store} does not answer within ${patience}`]
    })
  )

const health = Effect.gen(function*() {
  const clock = yield* StoreClock
  const redis = yield* InventoryHealth
  const check = Effect.gen(function*() {
    const found = yield* Effect.all(
      [reasonOf("PostgreSQL", clock.refresh), reasonOf("Redis", redis.instance)],
      { concurrency: 2 }
    )
    const reasons = found.flat()
    return reasons.length === 0
      ? alive
      : yield* HttpServerRespondable.toResponse(
        new Unhealthy({ reasons, retryAfterSeconds: 1, detail: `${reasons.join(", and ")}. Nothing can be sold now.` })
      )
  })
  return yield* Effect.cachedWithTTL(Effect.uninterruptible(check), answerKept)
})

/** Whether the process lives, and whether it can sell. */
export const layer = Layer.mergeAll(
  HttpRouter.add("GET", "/health/live", alive),
  Layer.unwrap(Effect.map(health, (answer) => HttpRouter.add("GET", "/health", answer)))
)
