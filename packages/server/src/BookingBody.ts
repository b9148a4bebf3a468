import { BookingRequest } from "@berth/domain/BookingRequest"
import { InvalidRequest } from "@berth/domain/RequestErrors"
import { Effect, Exit, Option, Schema } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { invalidRequest } from "./RequestIssues.ts"

/** Compiled code decodes what is sound and stops at the first flaw; the interpreter, three times slower, finds them all. */
const decodeSound = Schema.decodeUnknownExit(BookingRequest)
const decodeWithAllFlaws = Schema.decodeUnknownEffect(BookingRequest, { errors: "all" })

const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

const notJson = new InvalidRequest({
  errors: [{ in: "body", path: [], message: "Expected a valid JSON body" }],
  detail: "body: Expected a valid JSON body."
})

const isJson = (contentType: string | undefined): boolean =>
  contentType === undefined || /^application\/json(?:;|\s|$)/i.test(contentType)

/** Answered with a problem document by the envelope of all requests. */
const unsupported = HttpServerResponse.empty({ status: 415 })

const decode = (text: string): Effect.Effect<BookingRequest, InvalidRequest> => {
  const body = text === "" ? Option.some(undefined) : parse(text)
  if (Option.isNone(body)) {
    return Effect.fail(notJson)
  }
  const sound = decodeSound(body.value)
  return Exit.isSuccess(sound)
    ? Effect.succeed(sound.value)
    : Effect.mapError(decodeWithAllFlaws(body.value), ({ issue }) => invalidRequest("body", issue))
}

/**
 * Reads the booking that a request asks for and hands it on. Written for the one call that a sale is made of: the general
 * way was measured to take longer than the seats.
 */
export const withBooking = <E, R>(
  request: HttpServerRequest.HttpServerRequest,
  use: (booking: BookingRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
) =>
  isJson(request.headers["content-type"])
    ? Effect.flatMap(Effect.orDie(request.text), (text) => Effect.flatMap(decode(text), use))
    : Effect.succeed(unsupported)
