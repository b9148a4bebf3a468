/** A server by itself, on the stores of `DATABASE_URL` and `REDIS_URI`; any number may run. */
import "@berth/engine/NodeHeap"
import "effect/schema/SchemaJITCompiler/enable"
import * as Engine from "@berth/engine/Engine"
import * as Logging from "@berth/engine/Logging"
import { runMain } from "@berth/engine/NodeProcess"
import * as PromotionWorker from "@berth/engine/sale/PromotionWorker"
import * as Stores from "@berth/engine/Stores"
import * as Telemetry from "@berth/engine/telemetry/Telemetry"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import * as NodeServer from "./NodeServer.ts"
import { serverSettings } from "./ServerSettings.ts"
import { Tokens } from "./Tokens.ts"

const announce = Effect.flatMap(
  HttpServer.HttpServer,
  ({ address }) => Effect.logInfo(`Berth serves at ${HttpServer.formatAddress(address)}`)
)

const server = Layer.effectDiscard(announce).pipe(
  Layer.provide(Layer.unwrap(Effect.map(serverSettings, NodeServer.layer)))
)

server.pipe(
  Layer.provide(Layer.merge(Tokens.layer, PromotionWorker.layer)),
  Layer.provide(Engine.layer),
  Layer.provide(Stores.layerConfig),
  Layer.provide(Telemetry.layer("berth-server")),
  Layer.provide(Logging.layer),
  Layer.launch,
  runMain
)
