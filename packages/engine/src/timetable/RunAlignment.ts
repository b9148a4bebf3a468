import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { maintenance } from "../ledger/Database.ts"

/** Each locked run takes a place in PostgreSQL's lock table until the commit, and a nation has a hundred thousand runs. */
const runsPerTransactionMax = 500

const decodeRuns = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ id: Schema.String })))

export interface AlignedRuns {
  /** Runs that go by another route now, or go again. */
  readonly moved: number
  /** Runs on days that the timetable no longer has. */
  readonly withdrawn: number
}

/**
 * Brings the coming runs of these trains to their timetable. A run that anybody ever booked keeps its route, also if all
 * of it was cancelled since: tickets count the stops of that route. Runs that are closed stay so, but for the
 * `rescheduled` trains, where the timetable has just given the day back.
 *
 * Each batch is a transaction of its own; repeating it does no harm.
 */
export const alignRuns = Effect.fn("RunAlignment.alignRuns")(function*(options: {
  readonly trainIds: ReadonlyArray<string>
  readonly rescheduled: ReadonlyArray<string>
}) {
  const sql = yield* SqlClient.SqlClient
  const trainIds = JSON.stringify(options.trainIds)
  const rescheduled = JSON.stringify(options.rescheduled)

  /** Runs that do not go as their train's timetable says, with the route that it gives the day, if any. */
  const astray = sql`
    SELECT r.id, r.train_id, wanted.route_id
    FROM run r
    JOIN train t ON t.id = r.train_id
    JOIN route_stop origin ON origin.route_id = r.route_id AND origin.stop_index = 0
    LEFT JOIN LATERAL (
      SELECT s.route_id FROM train_service s
      LEFT JOIN train_service_exception e
        ON e.train_id = s.train_id AND e.service_number = s.service_number AND e.date = r.date
      WHERE s.train_id = r.train_id AND coalesce(
        e.runs,
        r.date BETWEEN s.first_date AND s.last_date
          AND (s.weekdays >> (extract(isodow FROM r.date)::integer - 1)) & 1 = 1
      )
      ORDER BY s.service_number
      LIMIT 1
    ) wanted ON true
    WHERE (r.date + make_interval(secs => origin.departure_seconds)) AT TIME ZONE t.time_zone > berth_now()
      AND NOT EXISTS (SELECT FROM booking b WHERE b.run_id = r.id)
      AND CASE
        WHEN r.state = 'CLOSED' THEN wanted.route_id IS NOT NULL
          AND r.train_id IN (SELECT * FROM json_array_elements_text(${rescheduled}::text::json))
        ELSE wanted.route_id IS DISTINCT FROM r.route_id
      END`
  const rows = yield* maintenance(
    sql,
    sql`
      SELECT id::text AS id FROM (${astray}) astray
      WHERE train_id IN (SELECT * FROM json_array_elements_text(${trainIds}::text::json))
      ORDER BY astray.id`
  )
  const found = yield* Effect.orDie(decodeRuns(rows))

  const align = (ids: ReadonlyArray<string>) =>
    sql.withTransaction(Effect.gen(function*() {
      const batch = JSON.stringify(ids)
      // In one order, as everybody takes them, and in a statement before the one that reads.
      yield* sql`SELECT pg_advisory_xact_lock(value::bigint) FROM json_array_elements_text(${batch}::text::json)`
      const here = sql`id IN (SELECT value::bigint FROM json_array_elements_text(${batch}::text::json))`
      const moved = yield* sql`
        UPDATE run SET route_id = astray.route_id, epoch = run.epoch + 1, state = 'NEW'
        FROM (SELECT * FROM (${astray}) a WHERE ${here}) astray
        WHERE run.id = astray.id AND astray.route_id IS NOT NULL
        RETURNING run.id`
      // A run that was never loaded leaves nothing behind; another must keep its epoch, above which Redis wants the next.
      const removed = yield* sql`
        DELETE FROM run USING (SELECT * FROM (${astray}) a WHERE ${here}) astray
        WHERE run.id = astray.id AND astray.route_id IS NULL AND run.state = 'NEW' AND run.epoch = 0
        RETURNING run.id`
      const closed = yield* sql`
        UPDATE run SET epoch = run.epoch + 1, state = 'CLOSED'
        FROM (SELECT * FROM (${astray}) a WHERE ${here}) astray
        WHERE run.id = astray.id AND astray.route_id IS NULL
        RETURNING run.id`
      yield* sql`SELECT pg_notify('berth_timetable', '')`
      return { moved: moved.length, withdrawn: removed.length + closed.length }
    }))

  let total: AlignedRuns = { moved: 0, withdrawn: 0 }
  for (let start = 0; start < found.length; start += runsPerTransactionMax) {
    const batch = yield* align(found.slice(start, start + runsPerTransactionMax).map(({ id }) => id))
    total = { moved: total.moved + batch.moved, withdrawn: total.withdrawn + batch.withdrawn }
  }
  return total
})
