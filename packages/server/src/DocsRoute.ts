import { BerthApi } from "@berth/domain/BerthApi"
import { Effect, Layer, Scope } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiScalar, OpenApi } from "effect/http-api"

const path = "/docs"

/** What machines read of an API, made when first asked for. */
export const description = (describe: () => OpenApi.OpenAPISpec) =>
  HttpRouter.use((router) =>
    Effect.flatMap(
      Effect.cached(Effect.sync(() => HttpServerResponse.jsonUnsafe(describe()))),
      (answer) => router.add("GET", "/openapi.json", answer)
    )
  )

/** The page that describes the API. Its script is 3 MB and stands in the page, so it is loaded when first asked for. */
const page = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const scope = yield* Effect.scope
  const loaded = yield* HttpRouter.toHttpEffect(
    HttpApiScalar.layer(BerthApi, { path, scalar: { withDefaultFonts: false } })
  ).pipe(
    Scope.provide(scope),
    // The page has a router of its own; the one that was built before for the server has this path already.
    Effect.provideServiceEffect(Layer.CurrentMemoMap, Layer.makeMemoMap),
    Effect.cached
  )
  yield* router.add("GET", path, Effect.flatten(loaded))
}))

export const layer = Layer.merge(page, description(() => OpenApi.fromApi(BerthApi)))
