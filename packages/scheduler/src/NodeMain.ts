/** A scheduler by itself, on the stores of `DATABASE_URL` and `REDIS_URI`; a second one does no harm. */
import "@berth/engine/NodeHeap"
import "effect/schema/SchemaJITCompiler/enable"
import * as Engine from "@berth/engine/Engine"
import * as Logging from "@berth/engine/Logging"
import { runMain } from "@berth/engine/NodeProcess"
import * as Stores from "@berth/engine/Stores"
import * as Telemetry from "@berth/engine/telemetry/Telemetry"
import { Layer } from "effect"
import * as HealthServer from "./HealthServer.ts"
import * as Scheduler from "./Scheduler.ts"

Layer.merge(Scheduler.layer, HealthServer.layerConfig).pipe(
  Layer.provide(Engine.layer),
  Layer.provide(Stores.layerConfig),
  Layer.provide(Telemetry.layer("berth-scheduler")),
  Layer.provide(Logging.layer),
  Layer.launch,
  runMain
)
