/** A server as `packages/server/src/NodeMain.ts` is, but with two connections to PostgreSQL. */
import * as Engine from "@berth/engine/Engine"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import * as Database from "@berth/engine/ledger/Database"
import * as Logging from "@berth/engine/Logging"
import { runMain } from "@berth/engine/NodeProcess"
import * as PromotionWorker from "@berth/engine/sale/PromotionWorker"
import { databaseUrl, redisUri } from "@berth/engine/Stores"
import * as NodeServer from "@berth/server/NodeServer"
import { serverSettings } from "@berth/server/ServerSettings"
import { Tokens } from "@berth/server/Tokens"
import { Effect, Layer } from "effect"

const stores = Layer.unwrap(Effect.gen(function*() {
  const database = Database.layer({ url: yield* databaseUrl, maxConnections: 2 })
  return Layer.merge(database, ManagedRedis.layer(yield* redisUri))
}))

Layer.unwrap(Effect.map(serverSettings, NodeServer.layer)).pipe(
  Layer.provide(Layer.merge(Tokens.layer, PromotionWorker.layer)),
  Layer.provide(Engine.layer),
  Layer.provide(stores),
  Layer.provide(Logging.layer),
  Layer.launch,
  runMain
)
