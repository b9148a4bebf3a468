import { InventoryHealth } from "@berth/engine/inventory/InventoryHealth"
import { StoreClock } from "@berth/engine/ledger/StoreClock"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Config, Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"

const Port = Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 65_535 }))

const settings = Config.all({
  host: Config.NonEmptyString("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.schema(Port, "PORT").pipe(Config.withDefault(3001))
})

const routes = HttpRouter.use((router) =>
  Effect.gen(function*() {
    const health = yield* InventoryHealth
    const clock = yield* StoreClock
    const stores = Effect.all([health.instance, clock.refresh], { discard: true }).pipe(Effect.timeout("1 second"))
    yield* router.add("GET", "/health/live", HttpServerResponse.json({ status: "ok" }))
    yield* router.add(
      "GET",
      "/health",
      stores.pipe(
        Effect.andThen(HttpServerResponse.json({ status: "ok" })),
        Effect.catchTag(["StoreUnavailable", "TimeoutError"], (error) =>
          HttpServerResponse.json({ status: "unavailable", reasons: [error.message] }, { status: 503 }))
      )
    )
  })
)

/** Tells whoever runs the scheduler that it lives, at `/health` on `HOST` and `PORT` (3001). */
export const layerConfig = Layer.unwrap(
  Effect.map(settings, ({ host, port }) =>
    HttpRouter.serve(routes, { disableLogger: true }).pipe(
      Layer.provide(NodeHttpServer.layer(createServer, { host, port }))
    ))
)
