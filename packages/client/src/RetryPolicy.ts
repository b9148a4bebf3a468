import { Duration, Effect, Predicate, Schedule, Schema } from "effect"
import { ConnectionFailed } from "./ConnectionFailed.ts"

/** Attempts of one call in all. */
export const attemptsMax = 4

/** Longest that one attempt may take; the server rarely needs a second. */
const attemptMillisMax = 15_000

/** Longest that a call waits because the server asked for it; where it asks for more, the caller is told at once. */
export const retryAfterSecondsMax = 30

const firstBackOffMillis = 200

const isConnectionFailed = Schema.is(ConnectionFailed)

const retryAfterSecondsOf = (error: unknown): number | undefined =>
  Predicate.hasProperty(error, "retryAfterSeconds") && Predicate.isNumber(error.retryAfterSeconds)
    ? error.retryAfterSeconds
    : undefined

/** Whether asking again may help: no answer, or a refusal that names a time. */
const isTemporary = (error: unknown): boolean => {
  const seconds = retryAfterSecondsOf(error)
  if (seconds !== undefined) return seconds <= retryAfterSecondsMax
  return isConnectionFailed(error) && error.reason !== "notUnderstood"
}

/** When to ask again: a few times, ever later, never before the server wants it, and not all callers at once. */
export const retrySchedule = Schedule.exponential(Duration.millis(firstBackOffMillis)).pipe(
  Schedule.jittered,
  Schedule.setInputType<unknown>(),
  Schedule.modifyDelay(({ duration, input }) =>
    Effect.succeed(Duration.sum(duration, Duration.seconds(retryAfterSecondsOf(input) ?? 0)))
  ),
  Schedule.while(({ input }) => isTemporary(input)),
  Schedule.upTo({ times: attemptsMax - 1 })
)

/** One attempt, with an end. */
export const once =
  (url: string) => <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E | ConnectionFailed, R> =>
    Effect.timeoutOrElse(call, {
      duration: Duration.millis(attemptMillisMax),
      orElse: () =>
        Effect.fail(
          new ConnectionFailed({ url, reason: "timedOut", detail: `nothing came within ${attemptMillisMax / 1000} s` })
        )
    })

/** As many attempts as the schedule gives; only for calls that may be repeated without harm. */
export const repeatedly = (url: string) => <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.retry(once(url)(call), retrySchedule)
