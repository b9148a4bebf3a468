import { Schema } from "effect"
import { QueryText } from "./QueryText.ts"
import { TrainId } from "./TrainId.ts"

/** A train as an operator looks for it. */
const TrainSummary = Schema.Struct({
  trainId: TrainId,
  name: Schema.String,
  trainType: Schema.String,
  configVersion: Schema.Int,
  /** Whether passengers who chose no berth may be given another, so that somebody fits. */
  repack: Schema.Boolean
}).annotate({ identifier: "TrainSummary" })

/** One page of trains, by id. */
export const TrainPage = Schema.Struct({
  trains: Schema.Array(TrainSummary),
  /** Send it back as `after` for the next page; absent on the last. */
  nextAfter: Schema.optionalKey(TrainId)
}).annotate({ identifier: "TrainPage" })
export type TrainPage = typeof TrainPage.Type

/** Trains whose id begins with the text, or whose name holds it, whatever the case; all where it is absent. */
export const TrainQuery = {
  query: Schema.optionalKey(QueryText),
  after: Schema.optionalKey(TrainId)
}
