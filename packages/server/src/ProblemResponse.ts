import { InvalidRequest } from "@berth/domain/RequestErrors"
import { Cause, Effect, Option, Schema } from "effect"
import { HttpServerError, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { internalError, PathNotFound, PayloadTooLarge, unsupportedMediaType } from "./TransportProblems.ts"

const problemType = "application/problem+json"

const decodeProblem = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json)))

const decodeRetryAfter = Schema.decodeUnknownOption(Schema.Struct({ retryAfterSeconds: Schema.Int }))

interface Failed {
  readonly method: string
  readonly requestId: string
  readonly bytesMax: number
}

/** The problem that a failure on the way to or from a handler is to the caller; none where the program is at fault. */
const problemOf = (error: unknown, { bytesMax }: Failed) => {
  if (!HttpServerError.isHttpServerError(error)) {
    return undefined
  }
  const { reason } = error
  switch (reason._tag) {
    case "RouteNotFound":
      return new PathNotFound({ detail: "There is nothing at this path. The calls are listed at /openapi.json." })
    case "RequestParseError":
      return reason.reason === "BodyTooLarge"
        ? new PayloadTooLarge({ bytesMax, detail: `A body of ${bytesMax} bytes is the most that this call takes.` })
        : new InvalidRequest({
          errors: [{ in: "body", path: [], message: "Expected a whole body" }],
          detail: "The body could not be read to its end. Send it again."
        })
    default:
      return undefined
  }
}

/** Answers a failure. What nobody foresaw is logged, and the caller learns its number alone. */
export const fromCause = <E>(
  cause: Cause.Cause<E>,
  failed: Failed
): Effect.Effect<HttpServerResponse.HttpServerResponse, E> => {
  if (Cause.hasInterruptsOnly(cause)) {
    return Effect.failCause(cause)
  }
  const error = Cause.squash(cause)
  if (HttpServerResponse.isHttpServerResponse(error)) {
    return Effect.succeed(error)
  }
  const problem = problemOf(error, failed)
  return problem === undefined
    ? Effect.logError("A request failed unforeseen", cause).pipe(
      Effect.andThen(HttpServerRespondable.toResponse(internalError))
    )
    : HttpServerRespondable.toResponse(problem)
}

/** The text of an answer that is not a stream. */
export const bodyText = ({ body }: HttpServerResponse.HttpServerResponse): string =>
  body._tag === "Uint8Array" ? body.text ?? new TextDecoder().decode(body.body) : ""

/** Completes the answer that reports a failure: every one is a problem document that says which request it was. */
export const completed = Effect.fnUntraced(function*(response: HttpServerResponse.HttpServerResponse, failed: Failed) {
  const plain = response.headers["content-type"] !== problemType
  const answered = plain && response.status === 415
    ? yield* HttpServerRespondable.toResponse(unsupportedMediaType)
    : response
  const problem = Option.getOrUndefined(decodeProblem(bodyText(answered)))
  if (problem === undefined || answered.headers["content-type"] !== problemType) {
    return answered
  }
  const retryAfter = decodeRetryAfter(problem)
  return HttpServerResponse.jsonUnsafe({ ...problem, requestId: failed.requestId }, {
    status: answered.status,
    contentType: problemType,
    headers: {
      ...answered.headers,
      ...(Option.isSome(retryAfter) ? { "retry-after": String(retryAfter.value.retryAfterSeconds) } : {}),
      ...(answered.status === 401 ? { "www-authenticate": "Bearer" } : {})
    }
  })
})
