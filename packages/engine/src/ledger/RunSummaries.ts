import { JourneyDate } from "@berth/domain/JourneyDate"
import type { RunSummary } from "@berth/domain/RunList"
import { TrainId } from "@berth/domain/TrainId"
import { Schema } from "effect"
import type { SqlClient } from "effect/sql"

/** A run with what was sold of it. */
export const RunSummaryRow = Schema.Struct({
  id: Schema.Int,
  trainId: TrainId,
  date: JourneyDate,
  state: Schema.Literals(["NEW", "REBUILDING", "OPEN", "CLOSED"]),
  bookings: Schema.Int,
  confirmed: Schema.Int,
  waitlisted: Schema.Int,
  configVersion: Schema.Int,
  trainConfigVersion: Schema.Int
})

/** Rows of the runs `r` of trains `t` that a condition selects, by date. */
export const selectSummaries = (
  sql: SqlClient.SqlClient,
  condition: ReturnType<SqlClient.SqlClient["literal"]>,
  limit: number
) =>
  sql`
    SELECT r.id::float8 AS id, r.train_id AS "trainId", to_char(r.date, 'YYYY-MM-DD') AS date, r.state,
      r.applied_version::float8 AS "configVersion", t.config_version::float8 AS "trainConfigVersion",
      sold.bookings, sold.confirmed, sold.waitlisted
    FROM (
      SELECT r.* FROM run r JOIN train t ON t.id = r.train_id WHERE ${condition} ORDER BY r.date LIMIT ${limit}
    ) r
    JOIN train t ON t.id = r.train_id
    CROSS JOIN LATERAL (
      SELECT count(DISTINCT b.pnr)::int AS bookings,
        (count(*) FILTER (WHERE p.state = 'CONFIRMED'))::int AS confirmed,
        (count(*) FILTER (WHERE p.state = 'WAITLISTED'))::int AS waitlisted
      FROM booking b JOIN passenger p USING (pnr)
      WHERE b.run_id = r.id AND b.state <> 'CANCELLED'
    ) sold
    ORDER BY r.date`

/** Whether a run `r` of a train `t` has come to its terminus, by the day. */
export const hasArrived = (sql: SqlClient.SqlClient) =>
  sql`r.date < (berth_now() AT TIME ZONE t.time_zone)::date - 1 - (
    SELECT max(s.arrival_seconds) / 86400 FROM route_stop s WHERE s.route_id = r.route_id)`

const saleByState = { NEW: "preparing", REBUILDING: "preparing", OPEN: "open", CLOSED: "closed" } as const

export const toSummary = (row: typeof RunSummaryRow.Type): RunSummary => ({
  trainId: row.trainId,
  date: row.date,
  sale: saleByState[row.state],
  bookings: row.bookings,
  confirmed: row.confirmed,
  waitlisted: row.waitlisted,
  configVersion: row.configVersion,
  trainConfigVersion: row.trainConfigVersion
})
