import { RateLimited } from "@berth/domain/ServiceErrors"
import { note } from "@berth/engine/metrics/Series"
import { Clock, Deferred, Effect } from "effect"
import { RateLimiter } from "effect/persistence"
import { type CallBucket, earnedInMillis, makeCallBuckets } from "./CallBuckets.ts"
import { rateLimited } from "./RequestMetrics.ts"

/** How long Redis may take to answer before this server counts alone. */
const settleMillisMax = 250

/** How long this server counts alone before it asks Redis again. */
const aloneMillis = 1_000

/**
 * Calls that a server may have let through without having told Redis: a sixth of a minute's. By so much, for each further
 * server, can more be had than the limit; it is made up for by a longer wait.
 */
export const sliceOf = (callsPerMinute: number): number => Math.ceil(callsPerMinute / 6)

export interface Take {
  /** Who is counted. */
  readonly key: string
  readonly callsPerMinute: number
  /** How many calls this one is; 1 where absent. */
  readonly calls?: number
}

/**
 * Buckets of calls that all servers share. A call is counted in memory, and Redis is told of several at a time, after
 * they were let through; so a call waits for Redis only where one person makes more calls than a slice within one round
 * trip. Where Redis is away or slow each server goes by its own count.
 */
export const makeSharedBudgets = Effect.gen(function*() {
  const limiter = yield* RateLimiter.RateLimiter
  const scope = yield* Effect.scope
  const bucketOf = makeCallBuckets()
  let aloneUntilMillis = 0

  /** Tells Redis what is owed. It is charged in full, so that what went too far is made up for by a longer wait. */
  const settle = (bucket: CallBucket, { callsPerMinute, key }: Take) =>
    Effect.uninterruptibleMask((restore) => {
      const done = Deferred.makeUnsafe<void>()
      const calls = Math.floor(bucket.owed)
      bucket.owed -= calls
      bucket.settling = { calls, done }
      const consume = limiter.consume({
        algorithm: "token-bucket",
        onExceeded: "delay",
        window: "1 minute",
        limit: callsPerMinute,
        // The braces keep both keys of a bucket in one slot of a cluster.
        key: `{${key}}`,
        tokens: calls
      })
      return restore(Effect.timeout(consume, settleMillisMax)).pipe(
        Effect.matchEffect({
          onSuccess: ({ remaining }) =>
            Effect.sync(() => {
              // What other servers let through is missing here too.
              bucket.calls = Math.min(bucket.calls, remaining - bucket.owed)
            }),
          onFailure: () =>
            Effect.map(Clock.currentTimeMillis, (nowMillis) => {
              aloneUntilMillis = nowMillis + aloneMillis
            })
        }),
        Effect.ensuring(Effect.suspend(() => {
          bucket.settling = undefined
          return Deferred.succeed(done, undefined)
        })),
        Effect.forkIn(scope)
      )
    })

  const take = Effect.fnUntraced(function*(asked: Take): Effect.fn.Return<void, RateLimited> {
    const { calls = 1, callsPerMinute, key } = asked
    const nowMillis = yield* Clock.currentTimeMillis
    const bucket = bucketOf(key, callsPerMinute, nowMillis)
    if (bucket.calls < calls) {
      const retryAfterSeconds = Math.ceil(earnedInMillis(calls - bucket.calls, callsPerMinute) / 1000)
      note(rateLimited, 1)
      return yield* new RateLimited({
        retryAfterSeconds,
        detail: `More than ${callsPerMinute} calls in a minute. Try again in ${retryAfterSeconds} s.`
      })
    }
    const slice = sliceOf(callsPerMinute)
    if (bucket.settling !== undefined && bucket.owed + bucket.settling.calls + calls > slice) {
      yield* Deferred.await(bucket.settling.done)
      return yield* take(asked)
    }
    bucket.calls -= calls
    bucket.owed += calls
    if (bucket.owed < slice / 2 || bucket.settling !== undefined) {
      return
    }
    if (nowMillis < aloneUntilMillis) {
      bucket.owed = 0
      return
    }
    yield* settle(bucket, asked)
  })

  /** Counts a call at once where nothing has to be waited for and Redis need not be told; false where `take` must. */
  const takeNow = ({ calls = 1, callsPerMinute, key }: Take, nowMillis: number): boolean => {
    const bucket = bucketOf(key, callsPerMinute, nowMillis)
    const slice = sliceOf(callsPerMinute)
    const settling = bucket.settling?.calls
    const isOpen = settling === undefined
      ? bucket.owed + calls < slice / 2
      : bucket.owed + settling + calls <= slice
    if (bucket.calls < calls || !isOpen) {
      return false
    }
    bucket.calls -= calls
    bucket.owed += calls
    return true
  }

  return { take, takeNow }
})
