import type { Booking, BookingPage } from "@berth/domain/Booking"
import { Pnr } from "@berth/domain/Pnr"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { UserId } from "@berth/domain/UserId"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { BookingRow, selectBookings, toBooking } from "./BookingRows.ts"
import { fromStore } from "./LedgerError.ts"

/** Bookings on a page. */
const pageSize = 50

const KeyRow = Schema.Struct({ fingerprint: Schema.String, pnr: Pnr })
export type KeyRow = typeof KeyRow.Type

/** Bookings as the record has them. */
export class Bookings extends Context.Service<Bookings, {
  /** A booking as it stands; `forUser` null for whoever may see everybody's. */
  find(options: { readonly pnr: Pnr; readonly forUser: UserId | null }): Effect.Effect<
    Option.Option<Booking>,
    StoreUnavailable
  >
  /** A booking as it was answered when it was made, which is what the repeat of its call gets. */
  asBooked(pnr: Pnr): Effect.Effect<Option.Option<Booking>, StoreUnavailable>
  /** What a key was used for. */
  findKey(keyHash: string): Effect.Effect<Option.Option<KeyRow>, StoreUnavailable>
  /** A person's bookings, newest first. */
  page(options: { readonly userId: UserId; readonly cursor: string | undefined }): Effect.Effect<
    BookingPage,
    StoreUnavailable
  >
}>()("@berth/engine/ledger/Bookings") {
  static readonly layer = Layer.effect(
    Bookings,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient

      const select = SqlSchema.findOneOption({
        Request: Schema.Struct({ pnr: Pnr, forUser: Schema.NullOr(UserId) }),
        Result: BookingRow,
        execute: ({ forUser, pnr }) =>
          selectBookings(sql, sql`b.pnr = ${pnr} AND (${forUser}::text IS NULL OR b.user_id = ${forUser})`)
      })
      const selectKey = SqlSchema.findOneOption({
        Request: Schema.String,
        Result: KeyRow,
        execute: (keyHash) => sql`SELECT fingerprint, pnr FROM idempotency_key WHERE key_hash = ${keyHash}`
      })
      const selectPage = SqlSchema.findAll({
        Request: Schema.Struct({ userId: UserId, before: Schema.NullOr(Schema.String), pnr: Schema.String }),
        Result: BookingRow,
        execute: ({ before, pnr, userId }) =>
          selectBookings(
            sql,
            sql`b.pnr = ANY (ARRAY(
              SELECT pnr FROM booking
              WHERE user_id = ${userId} AND (created_at, pnr) < (coalesce(
                'epoch'::timestamptz + ${before}::text::bigint * interval '1 microsecond', 'infinity'), ${pnr})
              ORDER BY created_at DESC, pnr DESC LIMIT ${pageSize + 1}))`
          )
      })

      return Bookings.of({
        find: (options) => fromStore(Effect.map(select(options), Option.map((row) => toBooking(row, "now")))),
        asBooked: (pnr) =>
          fromStore(Effect.map(select({ pnr, forUser: null }), Option.map((row) => toBooking(row, "asBooked")))),
        findKey: (keyHash) => fromStore(selectKey(keyHash)),
        page: Effect.fn("Bookings.page")(function*({ cursor, userId }) {
          const [before, pnr] = cursor?.split("~") ?? []
          const rows = yield* fromStore(selectPage({ userId, before: before ?? null, pnr: pnr ?? "" }))
          const bookings = rows.slice(0, pageSize)
          const last = rows.length > pageSize ? bookings.at(-1) : undefined
          return {
            bookings: bookings.map((row) => toBooking(row, "now")),
            ...(last === undefined ? {} : { nextCursor: `${last.bookedMicros}~${last.pnr}` })
          }
        })
      })
    })
  )
}
