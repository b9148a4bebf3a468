import { Schema } from "effect"
import { TrainId } from "./TrainId.ts"

/** Whether passengers of a train who chose no berth may be given another of the same type, so that somebody fits. */
export const TrainRepack = Schema.Struct({
  trainId: TrainId,
  repack: Schema.Boolean
}).annotate({ identifier: "TrainRepack" })
export type TrainRepack = typeof TrainRepack.Type
