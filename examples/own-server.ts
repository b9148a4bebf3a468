/**
 * Berth inside a server of your own: `DATABASE_URL=… REDIS_URI=… node examples/own-server.ts`.
 *
 * Berth answers `/api` and `/rpc`, you answer the rest. Any server that knows `Request` and `Response` will do; on Deno,
 * Bun and in Hono the handler is used as it is.
 */
import * as Engine from "@berth/engine/Engine"
import { runMain } from "@berth/engine/NodeProcess"
import * as PromotionWorker from "@berth/engine/sale/PromotionWorker"
import * as Stores from "@berth/engine/Stores"
import * as Reception from "@berth/server/Reception"
import { Tokens } from "@berth/server/Tokens"
import * as WebHandler from "@berth/server/WebHandler"
import { Console, Effect, Layer } from "effect"
import { listen } from "./listen.ts"
import { toListener } from "./NodeBridge.ts"

const program = Effect.gen(function*() {
  const berth = toListener(yield* WebHandler.make)
  const url = yield* listen((request, response) => {
    if (request.url === "/") {
      response.end("Welcome to the shop. Trains are at /api/stations.\n")
    } else {
      berth(request, response)
    }
  })
  yield* Console.log(`The shop serves at ${url}`)
  return yield* Effect.never
})

program.pipe(
  Effect.provide(
    Layer.merge(Reception.layer, PromotionWorker.layer).pipe(
      Layer.provideMerge(Tokens.layer),
      Layer.provideMerge(Engine.layer),
      Layer.provideMerge(Stores.layerConfig)
    )
  ),
  Effect.scoped,
  runMain
)
