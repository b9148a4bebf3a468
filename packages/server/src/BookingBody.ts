import { BookingRequest } from "@berth/domain/BookingRequest"
import { InvalidRequest } from "@berth/domain/RequestErrors"
import { Effect, Exit, Option, Schema } from "effect"
import type { HttpServerRequest } from "effect/http"
import { invalidRequest } from "./RequestIssues.ts"
import { type UnsupportedMediaType, unsupportedMediaType } from "./TransportProblems.ts"

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

/** The booking that a body of such a type asks for. */
export const bookingIn = (
  contentType: string | undefined,
  text: string
): Effect.Effect<BookingRequest, InvalidRequest | UnsupportedMediaType> =>
  isJson(contentType) ? decode(text) : Effect.fail(unsupportedMediaType)

/** The booking that a request asks for. A body that breaks off or is too large is the envelope's to answer. */
export const readBooking = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<BookingRequest, InvalidRequest | UnsupportedMediaType> =>
  isJson(request.headers["content-type"])
    ? Effect.flatMap(Effect.orDie(request.text), decode)
    : Effect.fail(unsupportedMediaType)
