import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { BookingEntry, BookingLog } from "./BookingLog.ts"
import type { Cluster } from "./Cluster.ts"
import type { Network } from "./Network.ts"
import { type Queued, whoWasPassed } from "./WaitlistOrder.ts"

/** A passenger as PostgreSQL has it. */
const Row = Schema.Struct({
  key: Schema.String,
  pnr: Schema.String,
  runId: Schema.Int,
  number: Schema.Int,
  state: Schema.String,
  seat: Schema.NullOr(Schema.String),
  berth: Schema.NullOr(Schema.String),
  sales: Schema.Int,
  waitState: Schema.NullOr(Schema.String),
  waitNumber: Schema.NullOr(Schema.Int)
})
type Row = typeof Row.Type

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))
const decodeOverlaps = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ text: Schema.String })))

const readRows = (trainIds: ReadonlyArray<string>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.flatMap(
      sql`
        SELECT p.name AS key, b.pnr, b.run_id::float8 AS "runId", p.number, p.state, x.name AS seat,
          x.berth AS berth,
          (SELECT count(*)::int FROM sale s WHERE s.berth = p.berth AND s.active AND s.pnr = p.pnr
            AND s.passenger = p.number AND s.legs = int4range(b.from_stop, b.to_stop)) AS sales,
          w.state AS "waitState", w.number AS "waitNumber"
        FROM run r
        JOIN booking b ON b.run_id = r.id
        JOIN passenger p USING (pnr)
        LEFT JOIN waitlist_entry w USING (pnr)
        LEFT JOIN berth x ON x.train_number = ((p.berth >> 16) & 4194303)::int AND x.number = (p.berth & 65535)::int
        WHERE r.train_id IN ${sql.in(trainIds)}
        ORDER BY b.pnr, p.number`,
      decodeRows
    ))

const readOverlaps = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.flatMap(
    sql`
      SELECT format('sales %s and %s: berth %s, legs %s and %s', a.id, b.id, a.berth, a.legs, b.legs) AS text
      FROM sale a JOIN sale b ON a.id < b.id AND a.berth = b.berth AND a.places && b.places AND a.legs && b.legs
      WHERE a.active AND b.active`,
    decodeOverlaps
  ))

/** What became of what callers were told. */
export interface Verdict {
  /** Acknowledged bookings or berths that PostgreSQL does not have, though nobody cancelled them. */
  readonly lost: number
  /** Keys with more than one booking, and pairs of sales of one berth that overlap. */
  readonly doubled: number
  readonly problems: ReadonlyArray<string>
}

const lostOf = (entry: BookingEntry, rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const { acknowledged, cancelAsked, key } = entry
  if (acknowledged === undefined) return []
  const own = new Map(rows.filter(({ pnr }) => pnr === acknowledged.pnr).map((row) => [row.number, row]))
  return acknowledged.passengers.filter(({ number }) => !cancelAsked.has(number)).flatMap((told) => {
    const row = own.get(told.number)
    if (row === undefined) return [`${key}: ${acknowledged.pnr} was acknowledged and is not in the record`]
    // Nobody chooses a berth here, so that another of the same type may be given for the one that was told.
    const stands = told.status === "CONFIRMED"
      ? row.state === "CONFIRMED" && row.berth === told.berth && row.sales === 1
      : row.state === "WAITLISTED" || (row.state === "CONFIRMED" && row.sales === 1)
    return stands ? [] : [
      `${key}: told ${told.status} ${told.seat ?? ""}, the record says ${row.state} ${
        row.seat ?? ""
      } with ${row.sales} sales`
    ]
  })
}

const doubledOf = ({ key, pnrs }: BookingEntry, rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const made = new Set(rows.map(({ pnr }) => pnr))
  for (const pnr of pnrs) made.add(pnr)
  return made.size > 1 ? [`${key} has the bookings ${[...made].join(" and ")}`] : []
}

const contradictionsOf = (
  entry: BookingEntry,
  rows: ReadonlyArray<Row>,
  repeatedLate: boolean
): ReadonlyArray<string> => {
  const { cancelled, key, refusedFor } = entry
  return [
    ...rows.filter(({ number, state }) => cancelled.has(number) && state !== "CANCELLED").map(({ number, state }) =>
      `${key}: passenger ${number} was cancelled and is ${state}`
    ),
    ...refusedFor !== undefined && !repeatedLate && rows.some(({ state }) => state !== "CANCELLED")
      ? [`${key} was refused for good (${refusedFor}), and has the booking ${rows[0]?.pnr}`]
      : []
  ]
}

/** Compares what callers were told with what PostgreSQL has. */
export const checkEndConditions = async (cluster: Cluster, network: Network, log: BookingLog): Promise<Verdict> => {
  const [rows, overlaps] = await cluster.query(Effect.all([readRows(network.trainIds), readOverlaps]))
  const byKey = Map.groupBy(rows, ({ key }) => key)
  const rowsOf = ({ key }: BookingEntry) => byKey.get(key) ?? []
  const lost = log.entries.map((entry) => lostOf(entry, rowsOf(entry))).filter(({ length }) => length > 0)
  const doubled = log.entries.flatMap((entry) => doubledOf(entry, rowsOf(entry)))
  const queued = log.entries.filter(({ trip }) => trip.queue).flatMap((entry) =>
    rowsOf(entry).map(({ runId, state, waitNumber, waitState }): Queued => ({
      entry,
      runId,
      state,
      waitNumber,
      waitState
    }))
  )
  return {
    lost: lost.length,
    doubled: doubled.length + overlaps.length,
    problems: [
      ...overlaps.map(({ text }) => `a berth is sold twice: ${text}`),
      ...lost.flat(),
      ...doubled,
      ...log.entries.flatMap((entry) => contradictionsOf(entry, rowsOf(entry), log.repeatedLate)),
      ...whoWasPassed(queued),
      ...log.faults
    ]
  }
}
