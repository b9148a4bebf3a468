import { Effect } from "effect"
import { tracedBatch } from "../telemetry/Traced.ts"
import { counters, histogram, note, readGauge, timed } from "./Series.ts"

const batchSizes = histogram(
  "berth_commit_batch_bookings",
  "Bookings that shared a transaction",
  [1, 2, 4, 8, 16, 32, 64]
)
const commitSeconds = histogram(
  "berth_commit_seconds",
  "Time of a transaction that books, with the wait for a connection"
)
const outcomes = counters(
  "berth_commit_outcomes_total",
  "What the record said to bookings and promotions that Redis had seated; fenced: refused for an epoch that has passed",
  ["of", "outcome"]
)
const drift = counters(
  "berth_drift_total",
  "How often Redis had given what the record has sold or withdrawn; the run is then loaded again",
  ["found_by"]
)

for (const outcome of ["committed", "duplicate", "fenced", "late", "withdrawn", "taken"]) outcomes("booking", outcome)
for (const outcome of ["committed", "gone", "fenced", "late", "lost"]) outcomes("promotion", outcome)
for (const finder of ["booking", "promotion"]) drift(finder)

interface Committed {
  readonly outcome: string
}

/** Records a transaction that wrote bookings: its trace, its time, its size and each outcome. */
export const observedBatch = <B extends object, K, A extends Committed, E, R>(
  write: (bookings: ReadonlyArray<B>) => Effect.Effect<ReadonlyMap<K, A>, E, R>
) =>
(bookings: ReadonlyArray<B>): Effect.Effect<ReadonlyMap<K, A>, E, R> =>
  Effect.map(tracedBatch(bookings)(timed(commitSeconds)(write(bookings))), (written) => {
    note(batchSizes, bookings.length)
    for (const { outcome } of written.values()) countOutcome("booking", outcome)
    return written
  })

const countOutcome = (of: "booking" | "promotion", outcome: string): void => {
  note(outcomes(of, outcome), 1)
  if (outcome === "taken" || outcome === "lost") {
    note(drift(of), 1)
  }
}

/** Records what the record said to a promotion. */
export const countPromotion = (outcome: string): Effect.Effect<void> =>
  Effect.sync(() => countOutcome("promotion", outcome))

/** Shows how many bookings wait to be written. */
export const showCommitQueue = (size: () => number): void =>
  readGauge("berth_commit_queue_bookings", "Bookings that wait for a transaction; refused from 2,000 up", size)
