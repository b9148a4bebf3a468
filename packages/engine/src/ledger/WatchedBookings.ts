import type { Booking } from "@berth/domain/Booking"
import { Pnr } from "@berth/domain/Pnr"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { BookingRow, selectBookings, toBooking } from "./BookingRows.ts"
import { fromStore } from "./LedgerError.ts"

/** Many bookings at once, for those who watch them. */
export class WatchedBookings extends Context.Service<WatchedBookings, {
  /** The bookings as they stand, in no order; one that is not there is left out. */
  read(pnrs: ReadonlyArray<Pnr>): Effect.Effect<ReadonlyArray<Booking>, StoreUnavailable>
}>()("@berth/engine/ledger/WatchedBookings") {
  static readonly layer = Layer.effect(
    WatchedBookings,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const select = SqlSchema.findAll({
        Request: Schema.Array(Pnr),
        Result: BookingRow,
        execute: (pnrs) => selectBookings(sql, sql`${sql.in("b.pnr", pnrs)}`)
      })
      return WatchedBookings.of({
        read: Effect.fn("WatchedBookings.read")((pnrs: ReadonlyArray<Pnr>) =>
          fromStore(Effect.map(select(pnrs), (rows) => rows.map((row) => toBooking(row, "now"))))
        )
      })
    })
  )
}
