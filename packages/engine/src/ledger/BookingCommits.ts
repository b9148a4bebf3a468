import { Pnr } from "@berth/domain/Pnr"
import { Overloaded, type StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Clock, Context, DateTime, Effect, Latch, Layer, Option, Queue, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { ExpectedWait } from "../ExpectedWait.ts"
import { observedBatch, showCommitQueue } from "../metrics/CommitMetrics.ts"
import { tracedItem } from "../telemetry/Traced.ts"
import { fromStore } from "./LedgerError.ts"
import { type CommitOutcome, type NewBooking, Outcome } from "./NewBooking.ts"
import { makeWriteSeated } from "./SeatedBookings.ts"
import { decided } from "./UnknownOutcome.ts"
import { makeAheadOf } from "./WaitlistPlaces.ts"
import { areWritten } from "./WrittenBookings.ts"

/** Bookings that may wait for a commit, whatever the wait; beyond it callers are told to come back. */
const queueMax = 2000

/** Longest wait for a commit that a booking is begun with, ms. */
const waitMillisMax = 2_000

/** Bookings that share a transaction at most; more only lengthens what a failure takes with it. */
const batchMax = 64

/** Transactions under way at once. A third has the processor while two wait for the disk, or for this server to hear of them. */
const lanes = 3

/**
 * Shortest time between the beginnings of two batches of the first lane, ms; twice as long while another lane writes, for there
 * is nothing to hurry for. Larger batches spare PostgreSQL and the server a part of each booking's processor time; whoever comes
 * after a pause waits for nothing (docs/decisions/0006).
 */
export const paceMillis = 6

/** Bookings for which nobody waits any longer, and for which the other lanes open. */
const enoughBookings = 32

/** How long the first lane may be held up, by a run that is being loaded, before another takes what waits for it, ms. */
const heldUpMillis = 25

// Columns of a batch rather than a row a booking: one row is decoded instead of sixty.
const Outcomes = Schema.Struct({
  pnrs: Schema.Array(Pnr),
  outcomes: Schema.Array(Outcome),
  waitlistNumbers: Schema.Array(Schema.NullOr(Schema.Int)),
  createdAt: Schema.DateTimeUtcFromDate,
  transactionId: Schema.String
})

interface Waiting {
  readonly booking: NewBooking
  readonly answer: (outcome: Effect.Effect<CommitOutcome, StoreUnavailable>) => void
}

/** Said before anything was done, or where a booking that was begun finds no room. */
export const overloaded = new Overloaded({
  retryAfterSeconds: 1,
  detail: "More bookings are waiting to be written than can be served soon. Try again in a second with the same key."
})

/** Writes bookings into the record, many in one transaction, each whole or not at all. */
export class BookingCommits extends Context.Service<BookingCommits, {
  /** Fails where a booking that is begun now would have to wait too long for its commit. */
  readonly admit: Effect.Effect<void, Overloaded>
  commit(booking: NewBooking): Effect.Effect<CommitOutcome, StoreUnavailable | Overloaded>
}>()("@berth/engine/ledger/BookingCommits") {
  static readonly layer = Layer.effect(
    BookingCommits,
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      const nowMillis = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
      const expected = new ExpectedWait(batchMax * lanes, nowMillis)
      const writeBatch = expected.timing(observedBatch(yield* makeWriteBatch))
      const queue = yield* Queue.dropping<Waiting>(queueMax)
      showCommitQueue(() => Queue.sizeUnsafe(queue))

      // Lanes that have nothing to write, the one that is about to take counted.
      let resting = 0
      // More than one batch holds is shared by lanes that rest: written side by side, parts are done before a whole.
      const takeAny = Effect.suspend(() => {
        const size = Queue.sizeUnsafe(queue)
        const batches = Math.min(resting, Math.ceil(size / batchMax))
        return Queue.takeBetween(queue, 1, Math.min(batchMax, Math.ceil(size / batches)))
      })
      const enough = yield* Latch.make(false)
      // When the first lane last took bookings.
      let tookMillis = Number.NEGATIVE_INFINITY
      const mayTake = () => Queue.sizeUnsafe(queue) > 0
      const mayOtherTake = () => {
        const size = Queue.sizeUnsafe(queue)
        return size >= enoughBookings || size > 0 && nowMillis() - tookMillis >= heldUpMillis
      }
      // What is waited for is only that there is something: a take that is given up may have taken.
      const takeWithin = (patienceMillis: () => number, may: () => boolean) =>
        Queue.peek(queue).pipe(
          Effect.andThen(Effect.suspend(() => {
            if (Queue.sizeUnsafe(queue) < enoughBookings) enough.closeUnsafe()
            const millis = patienceMillis()
            return millis > 0 ? Effect.timeoutOption(enough.await, millis) : Effect.void
          })),
          Effect.andThen(Effect.suspend(() => may() ? takeAny : Effect.succeed([])))
        )
      const pace = () => resting < lanes ? 2 * paceMillis : paceMillis
      const takeForFirst = Effect.tap(
        takeWithin(() => tookMillis + pace() - nowMillis(), mayTake),
        () => Effect.sync(() => tookMillis = nowMillis())
      )
      const takeForOther = takeWithin(() => heldUpMillis, mayOtherTake)
      // A batch is what has gathered while the one before was written: no delay when idle, larger under load.
      const lane = (take: typeof takeAny) =>
        Effect.sync(() => resting++).pipe(
          Effect.andThen(take),
          Effect.flatMap((waiting) => {
            resting--
            const of = (seated: boolean) => waiting.filter(({ booking }) => isSeated(booking) === seated)
            return Effect.andThen(settle(writeBatch, of(true)), settle(writeBatch, of(false)))
          }),
          Effect.forever
        )
      yield* Effect.forkScoped(lane(takeForFirst))
      for (let others = lanes - 1; others > 0; others--) yield* Effect.forkScoped(lane(takeForOther))

      return BookingCommits.of({
        admit: Effect.suspend(() =>
          expected.millis(Queue.sizeUnsafe(queue)) > waitMillisMax ? Effect.fail(overloaded) : Effect.void
        ),
        commit: (booking) =>
          tracedItem("BookingCommits.commit", booking)(
            Effect.callback<CommitOutcome, StoreUnavailable | Overloaded>((answer) => {
              if (!Queue.offerUnsafe(queue, { booking, answer })) {
                answer(Effect.fail(overloaded))
              } else if (Queue.sizeUnsafe(queue) >= enoughBookings) {
                enough.openUnsafe()
              }
            })
          )
      })
    })
  )
}

type WriteBatch = (
  bookings: ReadonlyArray<NewBooking>
) => Effect.Effect<ReadonlyMap<Pnr, CommitOutcome>, StoreUnavailable>

const makeWriteBatch: Effect.Effect<WriteBatch, never, SqlClient.SqlClient> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const call = SqlSchema.findAll({
    Request: Schema.Struct({ batch: Schema.String, forOthers: Schema.Boolean }),
    Result: Outcomes,
    execute: ({ batch, forOthers }) =>
      sql`SELECT array_agg(pnr) AS pnrs, array_agg(outcome) AS outcomes, array_agg(waitlist_number) AS "waitlistNumbers",
        min(created_at) AS "createdAt", min(transaction_id) AS "transactionId"
      FROM ${sql.literal(forOthers ? "commit_bookings_for_others" : "commit_bookings")}(${batch}::text::jsonb)`
  })
  const writeSeated = makeWriteSeated(sql)
  const areAllWritten = areWritten(sql)
  const isWritten = (rows: ReadonlyArray<typeof Outcomes.Type>) =>
    areAllWritten(rows.flatMap(({ outcomes, pnrs }) => pnrs.filter((_, index) => outcomes[index] === "committed")))
  const writeEach = (bookings: ReadonlyArray<NewBooking>) =>
    Effect.map(
      decided(
        sql,
        call({
          batch: JSON.stringify(bookings.map(toRow)),
          forOthers: bookings.some(({ bookedBy }) => bookedBy !== undefined)
        }),
        isWritten
      ),
      (rows): ReadonlyMap<Pnr, CommitOutcome> =>
        new Map(rows.flatMap(({ createdAt, outcomes, pnrs, waitlistNumbers }) => {
          const bookedAt = DateTime.formatIso(createdAt)
          return pnrs.flatMap((pnr, index) => {
            const outcome = outcomes[index]
            const waitlistNumber = waitlistNumbers[index]
            return outcome === undefined || waitlistNumber === undefined
              ? []
              : [[pnr, { outcome, waitlistNumber, bookedAt }] as const]
          })
        }))
    )
  const aheadOf = makeAheadOf(sql)
  // One question for all parties of a batch that wait. They are written by now: where it fails, each is read by itself.
  const withPlaces = (outcomes: ReadonlyMap<Pnr, CommitOutcome>) =>
    aheadOf([...outcomes].flatMap(([pnr, { waitlistNumber }]) => waitlistNumber === null ? [] : [pnr])).pipe(
      Effect.map((ahead): ReadonlyMap<Pnr, CommitOutcome> =>
        new Map([...outcomes].map(([pnr, outcome]) => {
          const before = ahead.get(pnr)
          return [pnr, before === undefined ? outcome : { ...outcome, ahead: before }]
        }))
      ),
      Effect.orElseSucceed(() => outcomes)
    )
  const each = (bookings: ReadonlyArray<NewBooking>) => Effect.flatMap(writeEach(bookings), withPlaces)
  return (bookings) =>
    fromStore(
      bookings.every(isSeated)
        ? Effect.flatMap(
          writeSeated(bookings),
          Option.match({ onNone: () => each(bookings), onSome: (written) => Effect.succeed(written) })
        )
        : each(bookings)
    )
})

const toRow = ({ deadlineMillis, ...booking }: NewBooking) => ({
  ...booking,
  deadline: DateTime.formatIso(DateTime.makeUnsafe(deadlineMillis))
})

/** Whether nothing is to be written but the booking with its berths. */
const isSeated = ({ bookedBy, waiting }: NewBooking): boolean => !waiting && bookedBy === undefined

/** Writes a batch; one that fails on a row's data is halved until that row stands alone. */
const settle = (writeBatch: WriteBatch, waiting: ReadonlyArray<Waiting>): Effect.Effect<void> =>
  waiting.length === 0 ? Effect.void : writeBatch(waiting.map(({ booking }) => booking)).pipe(
    Effect.map((outcomes) => {
      for (const { answer, booking } of waiting) {
        const outcome = outcomes.get(booking.pnr)
        answer(
          outcome === undefined
            ? Effect.die(new Error(`the commit gave no outcome for ${booking.pnr}`))
            : Effect.succeed(outcome)
        )
      }
    }),
    Effect.catch((error) => answerAll(waiting, Effect.fail(error))),
    Effect.catchCause((cause) => {
      const half = Math.ceil(waiting.length / 2)
      return waiting.length > 1
        ? Effect.andThen(settle(writeBatch, waiting.slice(0, half)), settle(writeBatch, waiting.slice(half)))
        : answerAll(waiting, Effect.failCause(cause))
    })
  )

const answerAll = (waiting: ReadonlyArray<Waiting>, failure: Effect.Effect<never, StoreUnavailable>) =>
  Effect.sync(() => {
    for (const { answer } of waiting) {
      answer(failure)
    }
  })
