import { RateLimited, StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Duration, Effect, Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { hash } from "node:crypto"
import * as EffectRedis from "../inventory/EffectRedis.ts"

/**
 * How often what may be guessed may be tried. An account's passwords are tried 20 times in a quarter of an hour at most,
 * wherever from (NIST SP 800-63B-4, 3.2.2, allows 100 failures in a row); an address may have an office behind it.
 */
export const attemptLimits = {
  /** Passwords and codes of one account. */
  account: { limit: 20, window: Duration.minutes(15) },
  /** Passwords and codes from one address of the network. */
  address: { limit: 100, window: Duration.minutes(15) },
  /** Mails to one address. */
  mailbox: { limit: 5, window: Duration.hours(1) },
  /** Mails asked for from one address of the network. */
  mailer: { limit: 30, window: Duration.hours(1) }
} as const

export type AttemptKind = keyof typeof attemptLimits

/** Counts attempts before anything costly is done about them, for all servers together. */
export class AttemptLimits extends Context.Service<AttemptLimits, {
  /** Takes one attempt; fails where none is left, and where nobody can say. */
  take(kind: AttemptKind, subject: string): Effect.Effect<void, RateLimited | StoreUnavailable>
}>()("@berth/engine/accounts/AttemptLimits") {
  static readonly layer = Layer.effect(AttemptLimits, Effect.suspend(() => make)).pipe(
    Layer.provide(RateLimiter.layer),
    Layer.provide(RateLimiter.layerStoreRedis({ prefix: "redis:ATTEMPTS:" })),
    Layer.provide(EffectRedis.layer)
  )
}

// An address is a personal datum, and Redis needs no more than to tell one from another.
const keyOf = (kind: AttemptKind, subject: string): string => `${kind}:${hash("sha256", subject, "base64url")}`

const redisAway = new StoreUnavailable({
  store: "redis",
  retryAfterSeconds: 2,
  detail: "Attempts cannot be counted at the moment, so none is taken. Try again in 2 seconds."
})

const retryAfterSecondsMax = 3600

const make = Effect.gen(function*() {
  const limiter = yield* RateLimiter.RateLimiter
  return AttemptLimits.of({
    take: Effect.fn("AttemptLimits.take")(function*(kind, subject) {
      yield* limiter.consume({ ...attemptLimits[kind], key: keyOf(kind, subject), onExceeded: "fail" }).pipe(
        Effect.catchTag("RateLimiterError", ({ reason }): Effect.Effect<never, RateLimited | StoreUnavailable> => {
          if (reason._tag === "RateLimitStoreError") {
            return Effect.fail(redisAway)
          }
          const wait = Math.ceil(Duration.toSeconds(reason.retryAfter))
          const retryAfterSeconds = Math.min(Math.max(wait, 1), retryAfterSecondsMax)
          return Effect.fail(
            new RateLimited({
              retryAfterSeconds,
              detail: `This was tried too often. Try again in ${retryAfterSeconds} s.`
            })
          )
        })
      )
    })
  })
})
