import { counters, histograms } from "@berth/engine/metrics/Series"

/** How long the scheduler's tasks take, by what they do; the count says how often they came to an end. */
export const taskSeconds = histograms("berth_task_seconds", "Time that a task of the scheduler took, by task", ["task"])

/** Failures of tasks, each of which is tried again. */
export const failures = counters("berth_task_failures_total", "Failures of the scheduler's tasks, by task", ["task"])

/** Connections that listen. */
export const listens = counters(
  "berth_listen_connections_total",
  "Connections made to listen to PostgreSQL, by channel; every one above the first is a reconnect",
  ["channel"]
)
