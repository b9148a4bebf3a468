import { JourneyDate } from "@berth/domain/JourneyDate"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TrainId } from "@berth/domain/TrainId"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { selectBooksContradictions } from "./BooksAudit.ts"
import { maintenance } from "./Database.ts"
import { fromStore } from "./LedgerError.ts"

/** A run as the record has it. */
export const AuditedRun = Schema.Struct({
  id: Schema.Int,
  trainId: TrainId,
  trainNumber: Schema.Int,
  date: JourneyDate,
  state: Schema.Literals(["NEW", "REBUILDING", "OPEN"]),
  epoch: Schema.Int,
  appliedVersion: Schema.Int,
  /** Version of the train's seat configuration. */
  version: Schema.Int,
  legs: Schema.Int
})
export type AuditedRun = typeof AuditedRun.Type

/** Two things that the record says and that cannot both be right. */
export const Contradiction = Schema.Struct({
  runId: Schema.Int,
  subject: Schema.String,
  one: Schema.String,
  other: Schema.String
})
export type Contradiction = typeof Contradiction.Type

const Ids = Schema.fromJsonString(Schema.Array(Schema.Int))

/** What an audit asks of the record. */
export class AuditRows extends Context.Service<AuditRows, {
  runs(runIds: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<AuditedRun>, StoreUnavailable>
  /** Where the record does not agree with itself. */
  contradictions(runIds: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<Contradiction>, StoreUnavailable>
}>()("@berth/engine/ledger/AuditRows") {
  static readonly layer = Layer.effect(AuditRows, Effect.suspend(() => make))
}

// OFFSET 0 keeps each of these a look-up by the run or the booking; joined freely, the planner thinks of a hundred runs and
// reads the whole tables.
const selectContradictions = (sql: SqlClient.SqlClient, ids: string) =>
  sql`
    WITH runs AS MATERIALIZED (
      SELECT n::bigint AS id FROM jsonb_array_elements_text(${ids}::text::jsonb) n
    ), booked AS MATERIALIZED (
      SELECT b.pnr, b.run_id, b.state, int4range(b.from_stop, b.to_stop) AS legs
      FROM runs CROSS JOIN LATERAL (SELECT * FROM booking b WHERE b.run_id = runs.id OFFSET 0) b
    ), travellers AS MATERIALIZED (
      SELECT k.run_id, k.legs, p.* FROM booked k
      CROSS JOIN LATERAL (SELECT * FROM passenger p WHERE p.pnr = k.pnr OFFSET 0) p
    ), sold AS MATERIALIZED (
      SELECT runs.id AS run_id, s.* FROM runs
      CROSS JOIN LATERAL (
        SELECT * FROM sale s WHERE s.active AND s.berth >= runs.id << 16 AND s.berth < (runs.id + 1) << 16 OFFSET 0) s
    ), waits AS MATERIALIZED (
      SELECT w.* FROM runs CROSS JOIN LATERAL (SELECT * FROM waitlist_entry w WHERE w.run_id = runs.id OFFSET 0) w
    ), contradiction AS (
      SELECT a.run_id, 'a berth is sold twice' AS subject,
        format('passenger %s of %s has it on legs %s', a.passenger, a.pnr, a.legs) AS one,
        format('passenger %s of %s has it on legs %s', b.passenger, b.pnr, b.legs) AS other
      FROM sold a JOIN sold b ON a.id < b.id AND a.berth = b.berth AND a.places && b.places AND a.legs && b.legs
      UNION ALL
      SELECT t.run_id, 'a confirmed passenger has not one sale',
        format('passenger %s of %s is confirmed', t.number, t.pnr),
        format('active sales of that passenger''s berth and legs: %s', count(s.id))
      FROM travellers t
      LEFT JOIN sold s ON s.pnr = t.pnr AND s.passenger = t.number AND s.berth = t.berth AND s.legs = t.legs
      WHERE t.state = 'CONFIRMED' GROUP BY t.run_id, t.pnr, t.number HAVING count(s.id) <> 1
      UNION ALL
      SELECT s.run_id, 'a sale has no confirmed passenger',
        format('sale %s is of passenger %s of %s', s.id, s.passenger, s.pnr),
        coalesce(format('that passenger is %s', t.state), 'there is no such passenger')
      FROM sold s LEFT JOIN travellers t ON t.pnr = s.pnr AND t.number = s.passenger
      WHERE t.state IS DISTINCT FROM 'CONFIRMED'
      UNION ALL
      SELECT k.run_id, 'a booking has not the state of its passengers',
        format('booking %s is %s', k.pnr, k.state), format('its passengers are %s', string_agg(t.state, ', '))
      FROM booked k JOIN travellers t USING (pnr) GROUP BY k.run_id, k.pnr, k.state
      HAVING k.state <> coalesce(min(t.state) FILTER (WHERE t.state <> 'CANCELLED'), 'CANCELLED')
      UNION ALL
      SELECT w.run_id, 'a waitlist entry does not count its passengers',
        format('the entry of %s, %s, counts %s', w.pnr, w.state, w.passengers),
        format('passengers that wait: %s', count(t.pnr))
      FROM waits w LEFT JOIN travellers t ON t.pnr = w.pnr AND t.state = 'WAITLISTED'
      GROUP BY w.run_id, w.pnr, w.state, w.passengers
      HAVING count(t.pnr) <> CASE WHEN w.state = 'waiting' THEN w.passengers ELSE 0 END
      UNION ALL
      SELECT w.run_id, 'a waitlist number was never given',
        format('%s has %s%s', w.pnr, w.kind, max(t.waitlist_number)),
        format('the last number given in class %s is %s', w.travel_class, coalesce(c.last_number, 0))
      FROM waits w JOIN travellers t USING (pnr)
      LEFT JOIN waitlist_counter c
        ON c.run_id = w.run_id AND c.travel_class = w.travel_class AND c.kind = w.kind
      GROUP BY w.run_id, w.pnr, w.kind, w.travel_class, c.last_number
      HAVING max(t.waitlist_number) > coalesce(c.last_number, 0)
      UNION ALL
      SELECT runs.id, 'cancelled sales are not freed yet', format('waiting to be freed: %s', count(*)),
        'Redis has not confirmed them'
      FROM runs JOIN sale s ON s.freeing AND s.berth >> 16 = runs.id GROUP BY runs.id
      UNION ALL
      SELECT run_id, 'cancelled parties have not left the waitlist yet', format('waiting to leave: %s', count(*)),
        'Redis has not confirmed them'
      FROM waits WHERE leaving GROUP BY run_id
    )
    SELECT run_id::float8 AS "runId", subject, one, other FROM contradiction ORDER BY run_id, subject, one, other`

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const selectRuns = SqlSchema.findAll({
    Request: Ids,
    Result: AuditedRun,
    execute: (ids) =>
      sql`
        SELECT r.id::float8 AS id, r.train_id AS "trainId", r.train_number AS "trainNumber",
          to_char(r.date, 'YYYY-MM-DD') AS date, r.state, r.epoch::float8 AS epoch,
          r.applied_version::float8 AS "appliedVersion", t.config_version::float8 AS version,
          (SELECT max(s.stop_index)::int FROM route_stop s WHERE s.route_id = r.route_id) AS legs
        FROM run r JOIN train t ON t.id = r.train_id
        WHERE r.state <> 'CLOSED'
          AND r.id IN (SELECT n::bigint FROM jsonb_array_elements_text(${ids}::text::jsonb) n)`
  })
  const decode = Schema.decodeUnknownEffect(Schema.Array(Contradiction))
  const encodeIds = Schema.encodeEffect(Ids)

  return AuditRows.of({
    runs: (runIds) => fromStore(selectRuns(runIds)),
    contradictions: (runIds) =>
      fromStore(
        Effect.flatMap(encodeIds(runIds), (ids) =>
          maintenance(
            sql,
            Effect.zipWith(
              selectContradictions(sql, ids),
              selectBooksContradictions(sql, ids),
              (sales, books) => [...sales, ...books]
            )
          )).pipe(Effect.flatMap(decode))
      )
  })
})
