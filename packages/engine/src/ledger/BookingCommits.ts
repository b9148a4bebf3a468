import type { BerthType } from "@berth/domain/BerthType"
import type { Gender } from "@berth/domain/Passenger"
import type { PersonName } from "@berth/domain/PersonName"
import { Pnr } from "@berth/domain/Pnr"
import type { Quota } from "@berth/domain/Quota"
import { Overloaded, type StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TravelClass } from "@berth/domain/TravelClass"
import type { UserId } from "@berth/domain/UserId"
import { Context, Deferred, Effect, Layer, Metric, Queue, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "./LedgerError.ts"
import { decided } from "./UnknownOutcome.ts"

/** Bookings that may wait for a commit; beyond it callers are told to come back. */
const queueMax = 2000

/** Bookings that share a transaction at most; more only lengthens what a failure takes with it. */
const batchMax = 64

/** Transactions under way at once. Two keep PostgreSQL busy while the next batch gathers. */
const batchesAtOnce = 2

/** A booking that Redis has seated, or put on the waitlist, on its way into the record. */
export interface NewBooking {
  readonly keyHash: string
  readonly holdId: string
  readonly fingerprint: string
  readonly pnr: Pnr
  readonly userId: UserId
  /** Who of the staff books for that user; absent where they do so themselves. */
  readonly bookedBy?: UserId
  readonly runId: number
  /** The epoch in which the berths were given; the commit refuses another. */
  readonly epoch: number
  /** Business time, ISO 8601, after which the commit refuses. */
  readonly deadline: string
  readonly travelClass: TravelClass
  readonly quota: Quota
  readonly fromStop: number
  readonly toStop: number
  readonly sameCoach: boolean
  readonly lowerBerthsMin: number
  readonly waiting: boolean
  readonly passengers: ReadonlyArray<{
    readonly number: number
    readonly name: PersonName
    readonly age: number
    readonly gender: Gender | null
    readonly wish: BerthType | null
    readonly berth: number | null
  }>
}

export const CommitOutcome = Schema.Struct({
  pnr: Pnr,
  /** `duplicate`: the key has its booking; `withdrawn`: a berth is not for sale any more; `taken`: one is sold. */
  outcome: Schema.Literals(["committed", "duplicate", "fenced", "late", "withdrawn", "taken"]),
  /** Number of the first passenger on the waitlist, of those who wait. */
  waitlistNumber: Schema.NullOr(Schema.Int),
  createdAt: Schema.DateTimeUtcFromDate,
  transactionId: Schema.String
})
export type CommitOutcome = typeof CommitOutcome.Type

interface Waiting {
  readonly booking: NewBooking
  readonly answer: Deferred.Deferred<CommitOutcome, StoreUnavailable>
}

const batchSizes = Metric.histogram("berth_commit_batch_bookings", {
  description: "Bookings that shared a transaction",
  boundaries: [1, 2, 4, 8, 16, 32, 64]
})

const overloaded = new Overloaded({
  retryAfterSeconds: 1,
  detail: "More bookings are waiting to be written than can be served soon. Try again in a second with the same key."
})

/** Writes bookings into the record, many in one transaction, each whole or not at all. */
export class BookingCommits extends Context.Service<BookingCommits, {
  commit(booking: NewBooking): Effect.Effect<CommitOutcome, StoreUnavailable | Overloaded>
}>()("@berth/engine/ledger/BookingCommits") {
  static readonly layer = Layer.effect(
    BookingCommits,
    Effect.gen(function*() {
      const writeBatch = yield* makeWriteBatch
      const queue = yield* Queue.dropping<Waiting>(queueMax)

      // A batch is what has gathered while the one before was written: no delay when idle, larger under load.
      const worker = Queue.takeBetween(queue, 1, batchMax).pipe(
        Effect.flatMap((waiting) => settle(writeBatch, waiting)),
        Effect.forever
      )
      yield* Effect.forkScoped(Effect.all(Array.from({ length: batchesAtOnce }, () => worker), {
        concurrency: "unbounded",
        discard: true
      }))

      const commit = Effect.fnUntraced(function*(booking: NewBooking) {
        const answer = yield* Deferred.make<CommitOutcome, StoreUnavailable>()
        if (!(yield* Queue.offer(queue, { booking, answer }))) {
          return yield* overloaded
        }
        return yield* Deferred.await(answer)
      })
      return BookingCommits.of({ commit })
    })
  )
}

type WriteBatch = (
  bookings: ReadonlyArray<NewBooking>
) => Effect.Effect<ReadonlyArray<CommitOutcome>, StoreUnavailable>

const makeWriteBatch: Effect.Effect<WriteBatch, never, SqlClient.SqlClient> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const call = SqlSchema.findAll({
    Request: Schema.Struct({ batch: Schema.String, forOthers: Schema.Boolean }),
    Result: CommitOutcome,
    execute: ({ batch, forOthers }) =>
      sql`SELECT pnr, outcome, waitlist_number AS "waitlistNumber", created_at AS "createdAt",
        transaction_id AS "transactionId"
        FROM ${sql.literal(forOthers ? "commit_bookings_for_others" : "commit_bookings")}(${batch}::text::jsonb)`
  })
  return (bookings) => {
    const forOthers = bookings.some(({ bookedBy }) => bookedBy !== undefined)
    return fromStore(decided(sql, call({ batch: JSON.stringify(bookings), forOthers })))
  }
})

/** Writes a batch; one that fails on a row's data is halved until that row stands alone. */
const settle = (writeBatch: WriteBatch, waiting: ReadonlyArray<Waiting>): Effect.Effect<void> =>
  writeBatch(waiting.map(({ booking }) => booking)).pipe(
    Effect.flatMap((outcomes) => {
      const byPnr = new Map(outcomes.map((outcome) => [outcome.pnr, outcome]))
      return Effect.forEach(waiting, ({ answer, booking }) => {
        const outcome = byPnr.get(booking.pnr)
        return outcome === undefined
          ? Deferred.die(answer, new Error(`the commit gave no outcome for ${booking.pnr}`))
          : Deferred.succeed(answer, outcome)
      }, { discard: true })
    }),
    Effect.tap(Metric.update(batchSizes, waiting.length)),
    Effect.catch((error) => Effect.forEach(waiting, ({ answer }) => Deferred.fail(answer, error), { discard: true })),
    Effect.catchCause((cause) => {
      const half = Math.ceil(waiting.length / 2)
      return waiting.length > 1
        ? Effect.andThen(settle(writeBatch, waiting.slice(0, half)), settle(writeBatch, waiting.slice(half)))
        : Effect.forEach(waiting, ({ answer }) => Deferred.failCause(answer, cause), { discard: true })
    })
  )
