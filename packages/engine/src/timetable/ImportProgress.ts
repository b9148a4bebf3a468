import type { Effect } from "effect"

export interface ImportProgress {
  /** What is being done, for people to read. */
  readonly phase: string
  readonly done: number
  readonly total: number
}

export type ReportProgress = (progress: ImportProgress) => Effect.Effect<void>
