import { BerthApi } from "@berth/domain/BerthApi"
import { Effect, Scope } from "effect"
import { HttpRouter } from "effect/http"
import { HttpApiScalar } from "effect/http-api"

const path = "/docs"

/** The page that describes the API. Its script is 3 MB and stands in the page, so it is loaded when first asked for. */
export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const scope = yield* Effect.scope
  const page = yield* HttpRouter.toHttpEffect(
    HttpApiScalar.layer(BerthApi, { path, scalar: { withDefaultFonts: false } })
  ).pipe(Scope.provide(scope), Effect.cached)
  yield* router.add("GET", path, Effect.flatten(page))
}))
