import type { Money } from "@berth/domain/Money"
import { Pnr } from "@berth/domain/Pnr"
import type { Overloaded, StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Clock, Context, DateTime, Effect, flow, Layer, Schema, Semaphore } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { ExpectedWait } from "../ExpectedWait.ts"
import { overloaded } from "./BookingCommits.ts"
import { Cancelled } from "./Cancellations.ts"
import { WaitMillisMax } from "./GuardedPostgres.ts"
import { fromStore } from "./LedgerError.ts"
import type { CommitOutcome, NewBooking } from "./NewBooking.ts"

/** How long a booking is held until it must be paid; long enough for a bank's second factor. */
export const holdMinutes = 10

/** Held bookings written at once; the other connections are for bookings that need no hold. */
const writersMax = 4

/** Longest wait for its writing that a held booking is begun with, ms. */
const waitMillisMax = 2_000

/** Holds that are ended in one transaction. */
const expireMax = 50

const Outcome = Schema.Struct({
  outcome: Schema.Literals(["committed", "duplicate", "fenced", "late", "withdrawn", "taken"]),
  waitlistNumber: Schema.NullOr(Schema.Int),
  createdAt: Schema.DateTimeUtcFromDate
})

/** A hold whose time was over, and what it gave back. */
export const ExpiredHold = Schema.Struct({ ...Cancelled.fields, pnr: Pnr })
export type ExpiredHold = typeof ExpiredHold.Type

/** Bookings that are held until they are paid, in the record: each hold begins with its sale and ends once. */
export class HeldBookings extends Context.Service<HeldBookings, {
  /** Fails where a booking that is begun now would have to wait too long to be written. */
  readonly admit: Effect.Effect<void, Overloaded>
  /**
   * Writes a booking with its hold, and what each passenger is to pay. By itself and not with others in a batch, so that
   * bookings which are not held have nothing to do with it. Where the answer is lost, the key tells what became of it.
   */
  commit(booking: NewBooking, fares: ReadonlyArray<Money>): Effect.Effect<CommitOutcome, StoreUnavailable>
  /** Ends some of the holds whose time is over, by PostgreSQL's clock; none where there are none left. */
  readonly expire: Effect.Effect<ReadonlyArray<ExpiredHold>, StoreUnavailable>
}>()("@berth/engine/ledger/HeldBookings") {
  static readonly layer = Layer.effect(
    HeldBookings,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const writers = yield* Semaphore.make(writersMax)
      const clock = yield* Clock.Clock
      const expected = new ExpectedWait(writersMax, () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6)
      let underWay = 0
      const insert = SqlSchema.findOne({
        Request: Schema.Struct({ booking: Schema.String, fares: Schema.fromJsonString(Schema.Array(Schema.Int)) }),
        Result: Outcome,
        execute: ({ booking, fares }) =>
          sql`
            SELECT outcome, waitlist_number AS "waitlistNumber", created_at AS "createdAt"
            FROM commit_held_booking(
              ${booking}::text::jsonb,
              ARRAY(SELECT f::bigint FROM jsonb_array_elements_text(${fares}::text::jsonb) WITH ORDINALITY a (f, n) ORDER BY n),
              make_interval(mins => ${holdMinutes}))`
      })
      const expire = SqlSchema.findAll({
        Request: Schema.Int,
        Result: Schema.Struct({ ended: ExpiredHold }),
        execute: (max) => sql`SELECT ended FROM expire_holds(${max}) ended`
      })
      const counted = <A, E>(self: Effect.Effect<A, E>) =>
        Effect.suspend(() => {
          underWay++
          return Effect.ensuring(self, Effect.sync(() => underWay--))
        })
      // Redis has seated it: that it is refused a connection would leave its berths idle.
      const write = expected.timing(flow(insert, Effect.provideService(WaitMillisMax, Infinity)))
      return HeldBookings.of({
        admit: Effect.suspend(() =>
          expected.millis(Math.max(0, underWay - writersMax)) > waitMillisMax ? Effect.fail(overloaded) : Effect.void
        ),
        commit: ({ deadlineMillis, ...booking }, fares) =>
          write({
            booking: JSON.stringify({ ...booking, deadline: DateTime.formatIso(DateTime.makeUnsafe(deadlineMillis)) }),
            fares: fares.map(({ amount }) => amount)
          }).pipe(
            Effect.catchTag("NoSuchElementError", Effect.die),
            Effect.map(({ createdAt, outcome, waitlistNumber }) => ({
              outcome,
              waitlistNumber,
              bookedAt: DateTime.formatIso(createdAt)
            })),
            fromStore,
            writers.withPermit,
            counted
          ),
        expire: Effect.map(fromStore(expire(expireMax)), (rows) => rows.map(({ ended }) => ended))
      })
    })
  )
}
