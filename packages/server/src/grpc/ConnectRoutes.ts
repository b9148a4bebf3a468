import { Effect, Scope } from "effect"
import { HttpRouter, HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import type { AvailabilityWatch } from "../AvailabilityWatch.ts"
import type { CallBudget } from "../CallBudget.ts"
import type { Desk } from "../Desk.ts"
import type { Tokens } from "../Tokens.ts"

/** Paths of the service; gRPC names them. */
export const path = "/berth.v1.BookingService/:method"

/** The booking service for Connect and gRPC-web. Its libraries are loaded when first asked for, as few starts need them. */
export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const scope = yield* Effect.scope
  const services = yield* Effect.context<AvailabilityWatch | CallBudget | Desk | Tokens>()
  const handler = yield* Effect.promise(() => import("./ConnectHandler.ts")).pipe(
    Effect.flatMap(({ makeConnectHandler }) => makeConnectHandler),
    Effect.provide(services),
    Scope.provide(scope),
    // Shared by all who ask at the same time, so none of them may end it.
    Effect.uninterruptible,
    Effect.cached
  )

  const answer = Effect.gen(function*() {
    const handle = yield* handler
    const request = yield* HttpServerRequest.HttpServerRequest
    const gone = yield* Effect.sync(() => new AbortController())
    const web = yield* HttpServerRequest.toWeb(request)
    const response = yield* Effect.promise((signal) => {
      signal.addEventListener("abort", () => gone.abort())
      return Promise.resolve(handle(web, gone))
    })
    if (response === undefined) {
      return yield* new HttpServerError.HttpServerError({ reason: new HttpServerError.RouteNotFound({ request }) })
    }
    return HttpServerResponse.fromWeb(response)
  })
  yield* router.add("POST", path, answer)
}))
