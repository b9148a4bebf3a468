import * as EffectRedis from "@berth/engine/inventory/EffectRedis"
import { Layer } from "effect"
import { RateLimiter } from "effect/persistence"
import { CallBudget } from "./CallBudget.ts"
import { ReaderLimits } from "./ReaderLimits.ts"

/** The limits by person and by address, shared by all servers on one Redis. */
export const layer = Layer.merge(CallBudget.layer, ReaderLimits.layer).pipe(
  Layer.provide(RateLimiter.layer),
  Layer.provide(RateLimiter.layerStoreRedis({ prefix: "redis:LIMIT:" })),
  Layer.provide(EffectRedis.layer)
)
