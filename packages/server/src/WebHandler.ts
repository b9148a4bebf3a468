import { Context, Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { SocketAddress } from "./ReaderLimits.ts"
import * as Routes from "./Routes.ts"

const layer = Routes.layer.pipe(Layer.provide(HttpServer.layerServices))

/** The ticket engine, the tokens and what `Reception` has. */
type Needs = Exclude<Layer.Services<typeof layer>, HttpRouter.HttpRouter | HttpRouter.Request<string, unknown>>

/** The server as one function from request to response, for runtimes that serve such a function. */
export const make = Effect.gen(function*() {
  const services = yield* Effect.context<Needs>()
  const { handler } = yield* Effect.acquireRelease(
    Effect.sync(() =>
      HttpRouter.toWebHandler(layer.pipe(Layer.provide(Layer.succeedContext(services))), { disableLogger: true })
    ),
    ({ dispose }) => Effect.promise(dispose)
  )
  /** `socketAddress` is who called, for the limits by address; without it such calls are not limited. */
  return (request: Request, socketAddress?: string): Promise<Response> =>
    handler(request, Context.make(SocketAddress, socketAddress))
})
