import { Overloaded } from "@berth/domain/ServiceErrors"
import { ByteSize, Clock, Effect, Option, type Types } from "effect"
import {
  HttpIncomingMessage,
  HttpRouter,
  HttpServerRequest,
  HttpServerRespondable,
  HttpServerResponse
} from "effect/http"
import { randomBytes } from "node:crypto"
import { completed, fromCause } from "./ProblemResponse.ts"
import { record, showUnderWay } from "./RequestMetrics.ts"

/** Requests under way at once; more would only wait for the stores. */
export const requestsMax = 2_048

/** Time from a request's headers to its answer. */
const requestMillisMax = 30_000

const kibibyte = 1024
const bodyBytesMax = 64 * kibibyte

/** A seat configuration has a row for each class, quota and berth type. */
const configBytesMax = 256 * kibibyte

const bytesMaxOf = ({ method, url }: HttpServerRequest.HttpServerRequest): number =>
  method === "PUT" || url.startsWith("/rpc") ? configBytesMax : bodyBytesMax

const saneId = /^[A-Za-z0-9._:-]{1,64}$/

const busy = new Overloaded({
  retryAfterSeconds: 1,
  detail: "More calls are under way than the server takes. Try again in a second."
})

const tooSlow = new Overloaded({
  retryAfterSeconds: 5,
  detail: `The answer took longer than ${requestMillisMax / 1000} s. Try again in 5 s, a booking with the same key.`
})

type App = Effect.Effect<HttpServerResponse.HttpServerResponse, Types.unhandled>

/** Runs a request within its limits. */
const limited = (app: App, bytesMax: number) =>
  app.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(bytesMax)),
    Effect.timeoutOrElse({
      duration: requestMillisMax,
      orElse: () => HttpServerRespondable.toResponse(tooSlow)
    }),
    // A caller who hangs up ends what can be ended; a booking under way is finished first.
    Effect.interruptible
  )

const make = Effect.sync(() => {
  const process = randomBytes(6).toString("base64url")
  let requests = 0
  let underWay = 0
  showUnderWay(() => underWay)

  const idOf = ({ headers }: HttpServerRequest.HttpServerRequest): string => {
    const given = headers["x-request-id"]
    return given !== undefined && saneId.test(given) ? given : `${process}-${(++requests).toString(36)}`
  }

  const counted = (app: App, bytesMax: number) =>
    Effect.suspend(() => {
      if (underWay >= requestsMax) {
        return HttpServerRespondable.toResponse(busy)
      }
      underWay++
      return Effect.ensuring(
        limited(app, bytesMax),
        Effect.sync(() => {
          underWay--
        })
      )
    })

  return (app: App) =>
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const startNanos = yield* Clock.currentTimeNanos
      const failed = { method: request.method, requestId: idOf(request), bytesMax: bytesMaxOf(request) }
      let route = "none"
      const noted = Effect.onExit(app, () =>
        Effect.map(Effect.serviceOption(HttpRouter.RouteContext), (found) => {
          route = Option.isSome(found) ? found.value.route.path : route
        }))
      const answered = Effect.catchCause(counted(noted, failed.bytesMax), (cause) => fromCause(cause, failed))
      const answer = yield* Effect.annotateLogs(answered, "requestId", failed.requestId)
      const response = answer.status < 400 ? answer : yield* completed(answer, failed)
      const seconds = Number((yield* Clock.currentTimeNanos) - startNanos) / 1e9
      record({ method: request.method, route, status: response.status, seconds })
      return HttpServerResponse.setHeader(response, "x-request-id", failed.requestId)
    })
})

/** What every request goes through: its id, the limits, its figures, and one form for whatever goes wrong. */
export const layer = HttpRouter.middleware(make, { global: true })
