import { StoresHealth } from "@berth/engine/StoresHealth"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Config, Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { createServer } from "node:http"

const Port = Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 65_535 }))

const settings = Config.all({
  host: Config.NonEmptyString("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.schema(Port, "PORT").pipe(Config.withDefault(3001))
})

const alive = HttpServerResponse.jsonUnsafe({ status: "ok" })

const health = Layer.unwrap(Effect.map(StoresHealth, ({ reasons }) =>
  HttpRouter.add(
    "GET",
    "/health",
    Effect.map(reasons, (found) =>
      found.length === 0
        ? alive
        : HttpServerResponse.jsonUnsafe({ status: "unavailable", reasons: found }, { status: 503 }))
  )))

const routes = Layer.mergeAll(
  HttpRouter.add("GET", "/health/live", alive),
  health,
  PrometheusMetrics.layerHttp({ path: "/metrics" })
)

/** Tells that the scheduler lives, whether it has its stores, and its figures. */
export const layer = (options: { readonly host: string; readonly port: number }) =>
  HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provideMerge(NodeHttpServer.layer(() => createServer(), options))
  )

/** The same on `HOST` and `PORT` (3001). */
export const layerConfig = Layer.unwrap(Effect.map(settings, layer))
