import { AuditAction } from "@berth/domain/AuditEntry"
import { Money } from "@berth/domain/Money"
import { Pnr } from "@berth/domain/Pnr"
import { UserId } from "@berth/domain/UserId"
import { Effect, Schema } from "effect"
import { type SqlClient, SqlSchema } from "effect/sql"
import { BookingRow, selectBookings, toBooking } from "../ledger/BookingRows.ts"
import { Instant } from "./Instant.ts"

/** Bookings on a page of an export: an agent has hundreds of thousands, and a page is held in memory as a whole. */
export const exportedBookingsMax = 500

/** Entries of the trail that a page has of each kind. */
export const exportedActsMax = 1000

export const Act = Schema.Struct({
  id: Schema.Int,
  at: Instant,
  action: AuditAction,
  subject: Schema.String,
  byStaff: Schema.Boolean
})

const Payment = Schema.Struct({ pnr: Pnr, amount: Money, state: Schema.String, createdAt: Instant })
const Refund = Schema.Struct({ pnr: Pnr, passenger: Schema.Int, amount: Money, createdAt: Instant })
const Key = Schema.Struct({ pnr: Pnr, createdAt: Instant })

const Micros = Schema.String

/** The bookings of a page by name. */
const Pnrs = Schema.fromJsonString(Schema.Array(Pnr))
const OfPage = Schema.Struct({ userId: UserId, pnrs: Pnrs })
const KeysOfPage = Schema.Struct({ pnrs: Pnrs, oldest: Micros, newest: Micros })

const makeReads = (sql: SqlClient.SqlClient) => {
  // Compared with an array, rows are looked up: of a join the planner thinks few, and may read a whole table.
  const among = (pnrs: string) => sql`ANY (ARRAY(SELECT jsonb_array_elements_text(${pnrs}::text::jsonb)))`
  const since1970 = (micros: string) => sql`'epoch'::timestamptz + ${micros}::text::bigint * interval '1 microsecond'`
  return {
    bookings: SqlSchema.findAll({
      Request: Schema.Struct({ userId: UserId, before: Schema.NullOr(Micros), pnr: Schema.String }),
      Result: BookingRow,
      execute: ({ before, pnr, userId }) =>
        selectBookings(
          sql,
          sql`b.pnr = ANY (ARRAY(
            SELECT pnr FROM booking
            WHERE user_id = ${userId} AND (created_at, pnr) < (coalesce(
              'epoch'::timestamptz + ${before}::text::bigint * interval '1 microsecond', 'infinity'), ${pnr})
            ORDER BY created_at DESC, pnr DESC LIMIT ${exportedBookingsMax + 1}))`
        )
    }),
    payments: SqlSchema.findAll({
      Request: Pnrs,
      Result: Payment,
      execute: (pnrs) =>
        sql`SELECT pnr, jsonb_build_object('amount', amount_paise, 'currency', 'INR') AS amount, state, created_at AS "createdAt"
          FROM payment WHERE pnr = ${among(pnrs)} ORDER BY id DESC`
    }),
    refunds: SqlSchema.findAll({
      Request: Pnrs,
      Result: Refund,
      execute: (pnrs) =>
        sql`SELECT pnr, passenger, jsonb_build_object('amount', amount_paise, 'currency', 'INR') AS amount, created_at AS "createdAt"
          FROM refund WHERE pnr = ${among(pnrs)} ORDER BY id DESC`
    }),
    /** A key is as old as its booking, and only its age is indexed; those of the last day are kept. */
    keys: SqlSchema.findAll({
      Request: KeysOfPage,
      Result: Key,
      execute: ({ newest, oldest, pnrs }) =>
        sql`SELECT pnr, created_at AS "createdAt" FROM idempotency_key
          WHERE created_at BETWEEN ${since1970(oldest)} AND ${since1970(newest)} AND pnr = ${among(pnrs)}
          ORDER BY created_at DESC, pnr DESC`
    }),
    /** What others did with these bookings; what the person did comes with the account. */
    acts: SqlSchema.findAll({
      Request: OfPage,
      Result: Act,
      execute: ({ pnrs, userId }) =>
        sql`SELECT id::float8 AS id, at, action, subject, true AS "byStaff" FROM audit
          WHERE subject = ${among(pnrs)} AND user_id <> ${userId} ORDER BY audit.id DESC LIMIT ${exportedActsMax}`
    })
  }
}

/** A page of a person's bookings, newest first, with all that belongs to them. */
export const makeExportedBookings = (sql: SqlClient.SqlClient) => {
  const reads = makeReads(sql)
  return Effect.fnUntraced(function*(userId: UserId, cursor: string | undefined) {
    const [before, pnr] = cursor?.split("~") ?? []
    const found = yield* reads.bookings({ userId, before: before ?? null, pnr: pnr ?? "" })
    const rows = found.slice(0, exportedBookingsMax)
    const pnrs = rows.map((row) => row.pnr)
    const newest = rows[0]
    const oldest = rows.at(-1)
    if (newest === undefined || oldest === undefined) {
      return { bookings: [], payments: [], refunds: [], keys: [], acts: [] }
    }
    return {
      bookings: rows.map((row) => toBooking(row, "now")),
      payments: yield* reads.payments(pnrs),
      refunds: yield* reads.refunds(pnrs),
      keys: yield* reads.keys({ pnrs, oldest: oldest.bookedMicros, newest: newest.bookedMicros }),
      acts: yield* reads.acts({ userId, pnrs }),
      ...(found.length > rows.length ? { nextCursor: `${oldest.bookedMicros}~${oldest.pnr}` } : {})
    }
  })
}
