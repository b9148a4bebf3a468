import { Overloaded } from "@berth/domain/ServiceErrors"
import { ByteSize, Context, Effect, References, type Types } from "effect"
import {
  HttpIncomingMessage,
  HttpRouter,
  HttpServerRequest,
  HttpServerRespondable,
  type HttpServerResponse
} from "effect/http"
import { guarded } from "./AnswerHeaders.ts"
import { completed, fromCause } from "./ProblemResponse.ts"
import { record } from "./RequestMetrics.ts"
import { requestMillisMax, RequestsUnderWay } from "./RequestsUnderWay.ts"

const kibibyte = 1024
export const bodyBytesMax = 64 * kibibyte

/** A seat configuration has a row for each class, quota and berth type. */
const configBytesMax = 256 * kibibyte

const bytesMaxOf = ({ method, url }: HttpServerRequest.HttpServerRequest): number =>
  method === "PUT" || url.startsWith("/rpc") ? configBytesMax : bodyBytesMax

const sizes = new Map([bodyBytesMax, configBytesMax].map((bytes) => [bytes, ByteSize.bytes(bytes)]))

const busy = new Overloaded({
  retryAfterSeconds: 1,
  detail: "More calls are under way than the server takes. Try again in a second."
})

export const tooSlow = new Overloaded({
  retryAfterSeconds: 5,
  detail: `The answer took longer than ${requestMillisMax / 1000} s. Try again in 5 s, a booking with the same key.`
})

type App = Effect.Effect<HttpServerResponse.HttpServerResponse, Types.unhandled>

const make = Effect.gen(function*() {
  const requests = yield* RequestsUnderWay

  return (app: App) =>
    Effect.withFiber<HttpServerResponse.HttpServerResponse, Types.unhandled>((fiber) => {
      const request = Context.getUnsafe(fiber.context, HttpServerRequest.HttpServerRequest)
      const isBusy = requests.isFull()
      const underWay = requests.begin(() => fiber.interruptUnsafe())
      const failed = {
        method: request.method,
        requestId: requests.idOf(request.headers["x-request-id"]),
        bytesMax: bytesMaxOf(request)
      }

      const answer = (response: HttpServerResponse.HttpServerResponse) => {
        requests.end(underWay)
        const route = Context.getOrUndefined(fiber.context, HttpRouter.RouteContext)?.route.path ?? "none"
        record({ method: request.method, route, status: response.status, seconds: requests.secondsSince(underWay) })
        return guarded(response, failed.requestId)
      }

      if (isBusy) {
        return HttpServerRespondable.toResponse(busy).pipe(
          Effect.flatMap((response) => completed(response, failed)),
          Effect.map(answer)
        )
      }
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
            Effect.ensuring(Effect.sync(() => requests.end(underWay)))
          )
      })
    })
})

/** What every request goes through: its id, the limits, its figures, and one form for whatever goes wrong. */
export const layer = HttpRouter.middleware(make, { global: true })
