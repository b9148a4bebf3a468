import { BerthApi } from "@berth/domain/BerthApi"
import { Effect, Layer, Scope } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiScalar, OpenApi } from "effect/http-api"

const path = "/docs"

const description = Effect.sync(() => HttpServerResponse.jsonUnsafe(OpenApi.fromApi(BerthApi)))

/**
 * What machines read of the API, and the page that people read. Its script is 3 MB and stands in the
 * page, so it is loaded when first asked for.
 */
export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const scope = yield* Effect.scope
  const page = yield* HttpRouter.toHttpEffect(
    HttpApiScalar.layer(BerthApi, { path, scalar: { withDefaultFonts: false } })
  ).pipe(
    Scope.provide(scope),
    // The page has a router of its own; the one that was built before for the server has this path already.
    Effect.provideServiceEffect(Layer.CurrentMemoMap, Layer.makeMemoMap),
    Effect.cached
  )
  yield* router.add("GET", path, Effect.flatten(page))
  yield* router.add("GET", "/openapi.json", yield* Effect.cached(description))
}))
