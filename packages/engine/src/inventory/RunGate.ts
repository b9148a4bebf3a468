import { Schema } from "effect"

/** What a run's META in Redis must say before a script acts: written `epoch:version` in the field `gate`. */
export interface RunGate {
  /** Raised by each rebuild; a hold of an older epoch cannot be committed. */
  readonly epoch: number
  /** The seat configuration that the run's masks show. */
  readonly version: number
}

/** The gate as Redis stores it. */
export const GateText = Schema.String.check(Schema.isPattern(/^\d+:\d+$/, { expected: "a gate written epoch:version" }))

export const formatGate = (gate: RunGate): string => `${gate.epoch}:${gate.version}`

export const parseGate = (text: typeof GateText.Type): RunGate => {
  const colon = text.indexOf(":")
  return { epoch: Number(text.slice(0, colon)), version: Number(text.slice(colon + 1)) }
}
