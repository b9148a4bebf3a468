import * as PromotionWorker from "@berth/engine/sale/PromotionWorker"
import { Layer } from "effect"
import * as ConfigWatch from "./ConfigWatch.ts"
import * as Events from "./Events.ts"
import * as Seeding from "./Seeding.ts"
import * as Sweeps from "./Sweeps.ts"

/** Everything that keeps time. Any number may run; what they do is fenced, so that overlap is harmless. */
export const layer = Layer.mergeAll(
  Seeding.layer,
  ConfigWatch.layer,
  Sweeps.layer,
  PromotionWorker.layer,
  Events.layer
)
