import { ConfigApplier } from "@berth/engine/seeding/ConfigApplier"
import { Effect, Layer } from "effect"
import { listen } from "./Listener.ts"

/** Brings every edit of a seat configuration to Redis while the sale goes on. */
export const layer = Layer.effectDiscard(
  Effect.flatMap(ConfigApplier, (applier) => listen("berth_config", () => applier.applyAll, "3 seconds"))
)
