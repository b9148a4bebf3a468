import { Overloaded } from "@berth/domain/ServiceErrors"
import { ByteSize, Clock, Context, Effect, References, Schedule, type Types } from "effect"
import {
  HttpIncomingMessage,
  HttpRouter,
  HttpServerRequest,
  HttpServerRespondable,
  HttpServerResponse
} from "effect/http"
import { completed, fromCause } from "./ProblemResponse.ts"
import { record } from "./RequestMetrics.ts"
import { RequestsUnderWay, type UnderWay } from "./RequestsUnderWay.ts"

/** Time from a request's headers to its answer. */
const requestMillisMax = 30_000
const lookForLateEvery = "1 second"

const kibibyte = 1024
const bodyBytesMax = 64 * kibibyte

/** A seat configuration has a row for each class, quota and berth type. */
const configBytesMax = 256 * kibibyte

const bytesMaxOf = ({ method, url }: HttpServerRequest.HttpServerRequest): number =>
  method === "PUT" || url.startsWith("/rpc") ? configBytesMax : bodyBytesMax

const sizes = new Map([bodyBytesMax, configBytesMax].map((bytes) => [bytes, ByteSize.bytes(bytes)]))

const busy = new Overloaded({
  retryAfterSeconds: 1,
  detail: "More calls are under way than the server takes. Try again in a second."
})

const tooSlow = new Overloaded({
  retryAfterSeconds: 5,
  detail: `The answer took longer than ${requestMillisMax / 1000} s. Try again in 5 s, a booking with the same key.`
})

type App = Effect.Effect<HttpServerResponse.HttpServerResponse, Types.unhandled>

/**
 * Ends requests that take too long, by one look at all of them now and then: a timer and a fiber for each request were
 * measured to cost a fifth of answering a short one.
 */
const endLate = (requests: ReadonlySet<UnderWay>) =>
  Effect.map(Clock.currentTimeNanos, (now) => {
    for (const request of requests) {
      if (!request.late && now - request.startNanos > BigInt(requestMillisMax) * 1_000_000n) {
        request.late = true
        request.fiber.interruptUnsafe()
      }
    }
  }).pipe(Effect.repeat(Schedule.spaced(lookForLateEvery)))

const make = Effect.gen(function*() {
  const { idOf, isFull, requests } = yield* RequestsUnderWay
  const clock = yield* Clock.Clock
  yield* Effect.forkScoped(endLate(requests))

  return (app: App) =>
    Effect.withFiber<HttpServerResponse.HttpServerResponse, Types.unhandled>((fiber) => {
      const request = Context.getUnsafe(fiber.context, HttpServerRequest.HttpServerRequest)
      const underWay: UnderWay = { fiber, startNanos: clock.currentTimeNanosUnsafe(), late: false }
      const failed = {
        method: request.method,
        requestId: idOf(request.headers["x-request-id"]),
        bytesMax: bytesMaxOf(request)
      }

      const answer = (response: HttpServerResponse.HttpServerResponse) => {
        requests.delete(underWay)
        const route = Context.getOrUndefined(fiber.context, HttpRouter.RouteContext)?.route.path ?? "none"
        const seconds = Number(clock.currentTimeNanosUnsafe() - underWay.startNanos) / 1e9
        record({ method: request.method, route, status: response.status, seconds })
        return HttpServerResponse.setHeader(response, "x-request-id", failed.requestId)
      }

      if (isFull()) {
        return HttpServerRespondable.toResponse(busy).pipe(
          Effect.flatMap((response) => completed(response, failed)),
          Effect.map(answer)
        )
      }
      requests.add(underWay)
      // The context is left as it is: the router puts the route into it, and whoever serves the request restores it.
      fiber.setContext(fiber.context.pipe(
        Context.add(HttpIncomingMessage.MaxBodySize, sizes.get(failed.bytesMax)),
        Context.add(References.CurrentLogAnnotations, { requestId: failed.requestId })
      ))
      // A caller who hangs up ends what can be ended; a booking under way is finished first.
      return Effect.matchCauseEffect(Effect.interruptible(app), {
        onSuccess: (response) =>
          response.status < 400
            ? Effect.succeed(answer(response))
            : Effect.map(completed(response, failed), answer),
        onFailure: (cause) =>
          (underWay.late ? HttpServerRespondable.toResponse(tooSlow) : fromCause(cause, failed)).pipe(
            Effect.flatMap((response) => completed(response, failed)),
            Effect.map(answer),
            Effect.ensuring(Effect.sync(() => requests.delete(underWay)))
          )
      })
    })
})

/** What every request goes through: its id, the limits, its figures, and one form for whatever goes wrong. */
export const layer = HttpRouter.middleware(make, { global: true })
