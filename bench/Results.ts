import { Schema } from "effect"
import { Measurement } from "./Measurement.ts"

/** What `results/latest.json` holds: the last run, and nothing of those before. */
export const Results = Schema.Struct({
  at: Schema.String,
  command: Schema.String,
  machine: Schema.Struct({ cpus: Schema.Int, model: Schema.String, memoryGiB: Schema.Int, node: Schema.String }),
  redis: Schema.NullOr(Schema.String),
  /** What each section took, and what the machine was doing before it: the load average of the minute. */
  durations: Schema.Array(Schema.Struct({
    section: Schema.String,
    seconds: Schema.Finite,
    load: Schema.Finite,
    failure: Schema.NullOr(Schema.String)
  })),
  sections: Schema.Array(Schema.Struct({ section: Schema.String, ...Measurement.fields }))
})
export type Results = typeof Results.Type

const encode = Schema.encodeSync(Schema.fromJsonString(Results))

export const formatResults = (results: Results): string =>
  `${JSON.stringify(JSON.parse(encode(results)), undefined, 2)}\n`
