import type { BookingPage } from "@berth/domain/Booking"
import type { BookingQuestion, BookingSearch } from "@berth/domain/BookingSearch"
import { Pnr } from "@berth/domain/Pnr"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { UserId } from "@berth/domain/UserId"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { AuditTrail } from "./AuditTrail.ts"
import { BookingRow, selectBookings, toBooking } from "./BookingRows.ts"
import { fromStore } from "./LedgerError.ts"

/** Bookings on a page. */
const pageSize = 50

const KeyRow = Schema.Struct({ pnr: Pnr, at: Schema.String })

/** What the trail keeps of a question: everything but a name. */
const traceOf = (question: BookingQuestion): Schema.Json => {
  switch (question.by) {
    case "pnr":
      return { by: "pnr", pnr: question.pnr }
    case "person":
      return { by: "person", userId: question.userId }
    case "run":
    case "name":
      return { by: question.by, trainId: question.trainId, date: question.date }
  }
}

const subjectOf = (question: BookingQuestion): string => {
  switch (question.by) {
    case "pnr":
      return question.pnr
    case "person":
      return question.userId
    case "run":
    case "name":
      return `${question.trainId} ${question.date}`
  }
}

/** The condition on a booking `b` that a question is; each is answered from an index, and a name from a run's bookings. */
export const conditionOf = (sql: SqlClient.SqlClient, question: BookingQuestion) => {
  switch (question.by) {
    case "pnr":
      return sql`b.pnr = ${question.pnr}`
    case "person":
      return sql`b.user_id = ${question.userId}`
    case "run":
      return ofRun(sql, question)
    case "name":
      // An aggregate keeps this a look-up by key for each booking of the run; as EXISTS the planner reads all passengers.
      return sql`${ofRun(sql, question)} AND (
        SELECT bool_or(starts_with(lower(p.name), lower(${question.namePrefix}))) FROM passenger p WHERE p.pnr = b.pnr)`
  }
}

const ofRun = (sql: SqlClient.SqlClient, { date, trainId }: { readonly date: string; readonly trainId: string }) =>
  sql`b.run_id = (SELECT r.id FROM run r WHERE r.train_id = ${trainId} AND r.date = ${date}::text::date)`

/** The keys of a page and of the first booking after it. Microseconds count: the bookings of a commit share an instant. */
export const selectKeys = (sql: SqlClient.SqlClient, { cursor, question }: BookingSearch) => {
  const [before, pnr] = cursor?.split("~") ?? []
  return sql`
    SELECT b.pnr, (extract(epoch FROM b.created_at) * 1000000)::bigint::text AS at
    FROM booking b
    WHERE ${
    sql.and([
      conditionOf(sql, question),
      ...before === undefined || pnr === undefined
        ? []
        : [sql`(b.created_at, b.pnr) < (
            'epoch'::timestamptz + ${before}::text::bigint * interval '1 microsecond', ${pnr})`]
    ])
  }
    ORDER BY b.created_at DESC, b.pnr DESC LIMIT ${pageSize + 1}`
}

/** Bookings of anybody, looked for by staff. */
export class BookingSearches extends Context.Service<BookingSearches, {
  /** Newest first. Which bookings were shown to whom is noted before the answer is given. */
  search(caller: UserId, asked: BookingSearch): Effect.Effect<BookingPage, StoreUnavailable>
}>()("@berth/engine/ledger/BookingSearches") {
  static readonly layer = Layer.effect(
    BookingSearches,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const trail = yield* AuditTrail
      const keysOf = (asked: BookingSearch) =>
        SqlSchema.findAll({ Request: Schema.Void, Result: KeyRow, execute: () => selectKeys(sql, asked) })(undefined)
      const selectRows = SqlSchema.findAll({
        Request: Schema.fromJsonString(Schema.Array(Pnr)),
        Result: BookingRow,
        execute: (pnrs) => selectBookings(sql, sql`b.pnr IN (SELECT jsonb_array_elements_text(${pnrs}::text::jsonb))`)
      })

      const search = Effect.fn("BookingSearches.search")(function*(caller: UserId, asked: BookingSearch) {
        const keys = yield* fromStore(keysOf(asked))
        const page = keys.slice(0, pageSize)
        const last = keys.length > pageSize ? page.at(-1) : undefined
        const rows = yield* fromStore(selectRows(page.map(({ pnr }) => pnr)))
        yield* trail.note({
          userId: caller,
          action: "search bookings",
          subject: subjectOf(asked.question),
          details: { question: traceOf(asked.question), shown: rows.map(({ pnr }) => pnr) }
        })
        return {
          bookings: rows.map((row) => toBooking(row, "now")),
          ...(last === undefined ? {} : { nextCursor: `${last.at}~${last.pnr}` })
        }
      })
      return BookingSearches.of({ search })
    })
  )
}
