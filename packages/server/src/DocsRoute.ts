import { BerthApi } from "@berth/domain/BerthApi"
import { Effect, Layer, Scope } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiScalar, OpenApi } from "effect/http-api"
import { hash } from "node:crypto"
import { bodyText } from "./ProblemResponse.ts"

const path = "/docs"

/** What machines read of an API, made when first asked for. */
export const description = (describe: () => OpenApi.OpenAPISpec) =>
  HttpRouter.use((router) =>
    Effect.flatMap(
      Effect.cached(Effect.sync(() => HttpServerResponse.jsonUnsafe(describe()))),
      (answer) => router.add("GET", "/openapi.json", answer)
    )
  )

const scripts = /<script>([\s\S]*?)<\/script/g

/**
 * What a browser lets the page do: run the scripts that stand in it, no others, and ask this server, nobody else. The page
 * makes its styles while it runs, so these have no hash.
 */
const policyOf = (html: string): string => {
  const hashes = [...html.matchAll(scripts)].map(([, script = ""]) => `'sha256-${hash("sha256", script, "base64")}'`)
  return [
    "default-src 'none'",
    `script-src ${hashes.join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; ")
}

const withPolicy = (page: HttpServerResponse.HttpServerResponse) =>
  HttpServerResponse.setHeaders(page, {
    "content-security-policy": policyOf(bodyText(page)),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer"
  })

/** The page that describes the API. Its script is 3 MB and stands in the page, so it is loaded when first asked for. */
const page = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const scope = yield* Effect.scope
  const loaded = yield* HttpRouter.toHttpEffect(
    HttpApiScalar.layer(BerthApi, { path, scalar: { withDefaultFonts: false } })
  ).pipe(
    Scope.provide(scope),
    // The page has a router of its own; the one that was built before for the server has this path already.
    Effect.provideServiceEffect(Layer.CurrentMemoMap, Layer.makeMemoMap),
    Effect.flatten,
    Effect.map(withPolicy),
    Effect.cached
  )
  yield* router.add("GET", path, loaded)
}))

export const layer = Layer.merge(page, description(() => OpenApi.fromApi(BerthApi)))
