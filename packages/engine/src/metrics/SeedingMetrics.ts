import { counter, histogram } from "./Series.ts"

/** Runs loaded into Redis under a new epoch. */
export const rebuilds = counter("berth_run_rebuilds_total", "Runs loaded into Redis under a new epoch")

/** From the statement that edited a train's seats, by PostgreSQL's clock, until Redis shows them for all of its runs. */
export const editLag = histogram(
  "berth_edit_lag_seconds",
  "Time from an edit of a train's seats until Redis shows it for all runs of the train",
  [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60]
)
