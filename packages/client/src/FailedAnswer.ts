import { InvalidRequest } from "@berth/domain/RequestErrors"
import { Overloaded, RateLimited, StoreUnavailable } from "@berth/domain/ServiceErrors"
import { DateTime, Duration, Effect, Option, Schema } from "effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import type { CallError } from "./CallErrors.ts"
import { ConnectionFailed } from "./ConnectionFailed.ts"

/** Refusals that any path may answer, because they come before the call is looked at. */
const Refusal = Schema.Union([RateLimited, Overloaded, StoreUnavailable, InvalidRequest])

const decodeRefusal = Schema.decodeUnknownEffect(Schema.fromJsonString(Refusal))

/** What a problem document of an unknown kind says. */
const decodeDetail = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Struct({ detail: Schema.String })))

const decodeSeconds = Schema.decodeUnknownOption(
  Schema.FiniteFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0))
)

/** `Retry-After` is a number of seconds, or, mostly from what stands before a server, a date. */
const readRetryAfter = (header: string | undefined) =>
  Effect.map(DateTime.now, (now) =>
    Option.orElse(
      decodeSeconds(header),
      () =>
        Option.map(
          DateTime.make(header ?? ""),
          (date) => Math.max(0, Math.ceil(Duration.toSeconds(DateTime.distance(now, date))))
        )
    ))

/** As part of a sentence: on one line, without an end stop. */
const asPhrase = (text: string): string => text.replace(/\s+/g, " ").replace(/\.+$/, "")

/** A native fetch says only that it failed; its cause says why. */
const innermostMessage = (error: unknown): string =>
  error instanceof Error
    ? error.cause === undefined ? error.message : innermostMessage(error.cause)
    : String(error)

const reasonOfStatus = (status: number) =>
  status >= 500 || status === 429 ? "serverFailed" as const : "notUnderstood" as const

const failedStatus = Effect.fnUntraced(function*(url: string, response: HttpClientResponse.HttpClientResponse) {
  const body = yield* Effect.orElseSucceed(response.text, () => "")
  const refusal = yield* Effect.option(decodeRefusal(body))
  if (Option.isSome(refusal)) return yield* refusal.value
  const problem = yield* Effect.option(decodeDetail(body))
  const seconds = yield* readRetryAfter(response.headers["retry-after"])
  return yield* new ConnectionFailed({
    url,
    reason: reasonOfStatus(response.status),
    detail: Option.isSome(problem)
      ? `${asPhrase(problem.value.detail)} (status ${response.status})`
      : `it answered with status ${response.status}`,
    ...(Option.isSome(seconds) ? { retryAfterSeconds: seconds.value } : {})
  })
})

/** Whether the connection broke while the answer was read; what merely does not decode has no cause. */
const isCutShort = (reason: HttpClientError.HttpClientErrorReason): boolean =>
  reason._tag === "DecodeError" && reason.cause !== undefined

/** Fails with what an answer that is none of the call's own means, or with why there is no answer. */
export const failedAnswer = (
  url: string,
  reason: HttpClientError.HttpClientErrorReason
): Effect.Effect<never, CallError> =>
  "response" in reason && !isCutShort(reason)
    ? failedStatus(url, reason.response)
    : Effect.fail(
      new ConnectionFailed({ url, reason: "unreachable", detail: asPhrase(innermostMessage(reason.cause ?? reason)) })
    )

/** An answer that does not decode. */
export const notUnderstood = (url: string, error: Schema.SchemaError): ConnectionFailed =>
  new ConnectionFailed({ url, reason: "notUnderstood", detail: asPhrase(error.message) })
