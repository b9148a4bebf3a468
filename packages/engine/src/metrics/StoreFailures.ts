import { counters } from "./Series.ts"

/** Calls that PostgreSQL did not answer, or would not for the time being, by what was wrong. */
export const postgresFailures = counters(
  "berth_postgres_failures_total",
  "Calls that PostgreSQL did not answer, or would not for the time being",
  ["reason"]
)

for (const reason of ["ConnectionError", "StatementTimeoutError", "LockTimeoutError"]) postgresFailures(reason)
