import { RateLimited } from "@berth/domain/ServiceErrors"
import { Cause, Duration, Effect, Predicate, Random, Schedule, Schema } from "effect"
import { ConnectionFailed } from "./ConnectionFailed.ts"

/** Attempts of one call in all that may go without an answer. */
export const attemptsMax = 4

/** Longest that one attempt may take; the server rarely needs a second. */
const attemptMillisMax = 15_000

/**
 * From a call's first failure to the start of its last attempt. Where the server asks for a longer wait, the caller is
 * told at once. With the first and the last attempt, no call takes longer than a minute.
 */
const callWaitMillisMax = 30_000

const firstBackOffMillis = 200
const backOffMillisMax = 5_000

/** How long to go on asking. */
export interface Patience {
  /** Attempts that may go without an answer. */
  readonly unansweredMax: number
  /** From the first failure to the start of the last attempt. */
  readonly waitMillisMax: number
}

export const callPatience: Patience = { unansweredMax: attemptsMax, waitMillisMax: callWaitMillisMax }

const isConnectionFailed = Schema.is(ConnectionFailed)
const isRateLimited = Schema.is(RateLimited)

/** After how many seconds the server wants to be asked again. */
const retryAfterSecondsOf = (error: unknown): number | undefined =>
  Predicate.hasProperty(error, "retryAfterSeconds") && Predicate.isNumber(error.retryAfterSeconds)
    ? error.retryAfterSeconds
    : undefined

/** Whether asking again may help: no answer, or a refusal that names a time. */
const isTemporary = (error: unknown): boolean =>
  retryAfterSecondsOf(error) !== undefined || (isConnectionFailed(error) && error.reason !== "notUnderstood")

/**
 * When to ask again: ever later, never before the server wants it, and not all callers at once. A server that says when
 * is asked for as long as there is patience; one that says nothing, a few times.
 */
export const scheduleWith = (patience: () => Patience) =>
  Schedule.fromStepWithMetadata(Effect.sync(() => {
    const { unansweredMax, waitMillisMax } = patience()
    let unanswered = 0
    return Effect.fnUntraced(function*({ attempt, elapsed, input }: Schedule.InputMetadata<unknown>) {
      const seconds = retryAfterSecondsOf(input)
      if (seconds === undefined) unanswered++
      const backOffMillis = Math.min(firstBackOffMillis * 2 ** (attempt - 1), backOffMillisMax)
      const waitMillis = (seconds ?? 0) * 1000 + backOffMillis * (yield* Random.nextBetween(0.5, 1.5))
      const isOver = unanswered >= unansweredMax || elapsed + waitMillis > waitMillisMax
      if (isOver || !isTemporary(input)) return yield* Cause.done(attempt)
      const step: [number, Duration.Duration] = [attempt, Duration.millis(waitMillis)]
      return step
    })
  }))

/** When to make a call again. */
export const retrySchedule = scheduleWith(() => callPatience)

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

/** For calls that must not take effect twice: asked again only where the caller was too quick to be listened to. */
export const untilAdmitted = (url: string) => <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.retry(once(url)(call), { schedule: retrySchedule, while: isRateLimited })

/** As many attempts as the schedule gives; only for calls that may be repeated without harm. */
export const repeatedly = (url: string) => <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.retry(once(url)(call), retrySchedule)
