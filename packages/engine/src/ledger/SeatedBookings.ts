import { Pnr } from "@berth/domain/Pnr"
import { DateTime, Effect, Option, Schema } from "effect"
import { type SqlClient, SqlSchema } from "effect/sql"
import { WaitMillisMax } from "./GuardedPostgres.ts"
import type { CommitOutcome, NewBooking } from "./NewBooking.ts"
import { decidedByRecord } from "./UnknownOutcome.ts"

type Value = string | number | boolean | null

const isPlain = (text: string): boolean => !text.includes("\"") && !text.includes("\\")

const quoted = (text: string): string => isPlain(text) ? `"${text}"` : `"${text.replaceAll(/["\\]/g, "\\$&")}"`

/** A column as PostgreSQL reads an array: typed arrays take less of its time than JSON. */
const column = (values: ReadonlyArray<Value>): string =>
  `{${values.map((value) => value === null ? "NULL" : typeof value === "string" ? quoted(value) : value).join(",")}}`

const Written = Schema.Struct({ createdAt: Schema.DateTimeUtcFromDate })

const toColumns = (bookings: ReadonlyArray<NewBooking>) => {
  const passengers = bookings.flatMap((booking) => booking.passengers.map((passenger) => ({ booking, passenger })))
  const of = (value: (booking: NewBooking) => Value) => column(bookings.map(value))
  const their = (value: (booking: NewBooking) => Value) => column(passengers.map(({ booking }) => value(booking)))
  const each = (value: (passenger: NewBooking["passengers"][number]) => Value) =>
    column(passengers.map(({ passenger }) => value(passenger)))
  return { of, their, each }
}

/**
 * What became of a batch whose answer was lost, by its first booking: all were written or none. Waits for whoever is
 * writing it; what was not written may not be any more.
 */
export const makeSettle = (sql: SqlClient.SqlClient) => {
  const lock = SqlSchema.void({
    Request: Pnr,
    execute: (pnr) => sql`SELECT pg_advisory_xact_lock(-${pnr}::text::bigint)`
  })
  const readBack = SqlSchema.findOneOption({
    Request: Pnr,
    Result: Written,
    execute: (pnr) => sql`SELECT created_at AS "createdAt" FROM booking WHERE pnr = ${pnr}`
  })
  const refuse = SqlSchema.void({
    Request: Pnr,
    execute: (pnr) => sql`INSERT INTO refused_commit (first_pnr) VALUES (${pnr}) ON CONFLICT DO NOTHING`
  })
  return (pnr: Pnr) =>
    sql.withTransaction(Effect.andThen(
      lock(pnr),
      Effect.tap(readBack(pnr), (written) => Option.isNone(written) ? refuse(pnr) : Effect.void)
    ))
}

/**
 * Writes bookings whose berths Redis gave, all of them in one statement that commits by itself, or nothing where anything
 * is in the way of one of them; then none is answered.
 */
export const makeWriteSeated = (sql: SqlClient.SqlClient) => {
  const write = (bookings: ReadonlyArray<NewBooking>) => {
    const { each, of, their } = toColumns(bookings)
    // All are written or none, so that the first to be over counts for them all; a row without one is never late.
    const deadlineMillis = Math.min(...bookings.map((booking) => booking.deadlineMillis))
    return sql`SELECT created_at AS "createdAt" FROM commit_seated(
      ${of((b) => b.keyHash)}::text::text[], ${of((b) => b.fingerprint)}::text::text[],
      ${of((b) => b.pnr)}::text::text[], ${of((b) => b.userId)}::text::text[],
      ${of((b) => b.runId)}::text::bigint[], ${of((b) => b.epoch)}::text::bigint[],
      ${column([DateTime.formatIso(DateTime.makeUnsafe(deadlineMillis))])}::text::timestamptz[],
      ${of((b) => b.travelClass)}::text::text[], ${of((b) => b.quota)}::text::text[],
      ${of((b) => b.fromStop)}::text::smallint[], ${of((b) => b.toStop)}::text::smallint[],
      ${of((b) => b.sameCoach)}::text::boolean[], ${of((b) => b.lowerBerthsMin)}::text::smallint[],
      ${their((b) => b.pnr)}::text::text[], ${their((b) => b.travelClass)}::text::text[],
      ${their((b) => b.quota)}::text::text[], ${their((b) => b.fromStop)}::text::smallint[],
      ${their((b) => b.toStop)}::text::smallint[], ${each((p) => p.number)}::text::smallint[],
      ${each((p) => p.name)}::text::text[], ${each((p) => p.age)}::text::smallint[],
      ${each((p) => p.gender)}::text::text[], ${each((p) => p.wish)}::text::text[],
      ${each((p) => p.berth)}::text::bigint[])`
  }
  // Redis has seated them: that they are refused a connection would leave their berths idle.
  const call = (bookings: ReadonlyArray<NewBooking>) =>
    Effect.provideService(
      SqlSchema.findOneOption({ Request: Schema.Void, Result: Written, execute: () => write(bookings) })(undefined),
      WaitMillisMax,
      Infinity
    )
  const settle = makeSettle(sql)

  return (bookings: ReadonlyArray<NewBooking>) => {
    const [first] = bookings
    return first === undefined ? Effect.succeedNone : Effect.map(
      decidedByRecord(call(bookings), settle(first.pnr)),
      Option.map(({ createdAt }): ReadonlyMap<Pnr, CommitOutcome> => {
        const outcome: CommitOutcome = {
          outcome: "committed",
          waitlistNumber: null,
          bookedAt: DateTime.formatIso(createdAt)
        }
        return new Map(bookings.map(({ pnr }) => [pnr, outcome]))
      })
    )
  }
}
