import "effect/schema/SchemaJITCompiler/enable"
import * as Engine from "@berth/engine/Engine"
import * as Logging from "@berth/engine/Logging"
import { runMain } from "@berth/engine/NodeProcess"
import * as PromotionWorker from "@berth/engine/sale/PromotionWorker"
import * as Stores from "@berth/engine/Stores"
import * as Telemetry from "@berth/engine/telemetry/Telemetry"
import { Effect, Layer } from "effect"
import { serverSettings } from "./ServerSettings.ts"
import { Tokens } from "./Tokens.ts"
import * as WebServer from "./WebServer.ts"

/** Runs a server on the stores of `DATABASE_URL` and `REDIS_URI`, with the given runtime's way to listen. */
export const run = (listen: Parameters<typeof WebServer.layer>[0]): void => {
  Layer.unwrap(Effect.map(serverSettings, (address) => WebServer.layer(listen, address))).pipe(
    Layer.provide(Layer.merge(Tokens.layer, PromotionWorker.layer)),
    Layer.provide(Engine.layer),
    Layer.provide(Stores.layerConfig),
    Layer.provide(Telemetry.layer("berth-server")),
    Layer.provide(Logging.layer),
    Layer.launch,
    runMain
  )
}
