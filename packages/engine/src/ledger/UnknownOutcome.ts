import { Effect, Option, Ref, Schedule, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { SqlSchema } from "effect/sql"
import { wasSent } from "./GuardedPostgres.ts"
import { isSqlError, isStoreAway } from "./LedgerError.ts"

/** How long a transaction whose COMMIT was not answered is asked after; none lives longer than the limit of 10 s. */
const askEvery = Schedule.max([Schedule.spaced("200 millis"), Schedule.recurs(100)])

const whileAway = <A, E extends { readonly _tag: string }>(self: Effect.Effect<A, E | SqlError.SqlError>) =>
  Effect.retry(self, { schedule: askEvery, while: (error) => isSqlError(error) && isStoreAway(error) })

const lost = { status: "aborted" } as const

const Outcome = Schema.Struct({ status: Schema.NullOr(Schema.Literals(["committed", "aborted", "in progress"])) })

/**
 * Runs a transaction whose rows carry its id. When the answer to COMMIT is lost, PostgreSQL is asked until it is known
 * what became of it: reading the rows back too early would deny a sale that still happens.
 *
 * `isWritten` asks whether the record has what the rows say. After a crash PostgreSQL gives the id of a transaction that
 * was lost to another one, so that the id alone would acknowledge what is gone.
 */
export const decided = <A extends { readonly transactionId: string }>(
  sql: SqlClient.SqlClient,
  work: Effect.Effect<ReadonlyArray<A>, SqlError.SqlError | Schema.SchemaError>,
  isWritten: (rows: ReadonlyArray<A>) => Effect.Effect<boolean, SqlError.SqlError | Schema.SchemaError>
): Effect.Effect<ReadonlyArray<A>, SqlError.SqlError | Schema.SchemaError> =>
  Effect.gen(function*() {
    const done = yield* Ref.make<ReadonlyArray<A>>([])
    const askStatus = SqlSchema.findOne({
      Request: Schema.String,
      Result: Outcome,
      execute: (id) => sql`SELECT pg_xact_status(${id}::text::xid8) AS status`
    })
    return yield* sql.withTransaction(Effect.tap(work, (rows) => Ref.set(done, rows))).pipe(
      Effect.catchTag("SqlError", (error) =>
        Effect.gen(function*() {
          const rows = yield* Ref.get(done)
          const first = rows[0]
          // Without rows COMMIT was never sent, so nothing can have been written.
          if (first === undefined || !isStoreAway(error)) {
            return yield* error
          }
          const { status: outcome } = yield* askStatus(first.transactionId).pipe(
            Effect.repeat({ schedule: askEvery, until: ({ status }) => status !== "in progress" }),
            whileAway,
            Effect.catchTags({
              // It answers, and knows of no such transaction: one that was lost in a crash.
              SqlError: (refusal) => isStoreAway(refusal) ? Effect.fail(refusal) : Effect.succeed(lost),
              NoSuchElementError: Effect.die
            })
          )
          return outcome === "committed" && (yield* whileAway(isWritten(rows))) ? rows : yield* error
        }))
    )
  })

type OfSql = SqlError.SqlError | Schema.SchemaError

/** PostgreSQL has no disk or memory for a statement. To ask after it would take some too, and again and again. */
const hasNoRoom = Schema.is(Schema.Struct({ code: Schema.String.check(Schema.isPattern(/^53/)) }))

/** Whether the answer was lost, and what became of the statement with it. What PostgreSQL refuses it has not carried out. */
const isAnswerLost = (error: SqlError.SqlError): boolean =>
  wasSent(error) && isStoreAway(error) && !hasNoRoom(error.reason.cause) &&
  (error.reason._tag === "ConnectionError" || error.reason._tag === "UnknownError")

/**
 * Runs a statement that commits by itself. When its answer is lost, so is its transaction's id. `settle` then says what
 * became of it, and has it refused for good where nothing did; it is asked until PostgreSQL answers, so that to ask twice
 * must do no harm.
 */
export const decidedByRecord = <A>(
  work: Effect.Effect<Option.Option<A>, OfSql>,
  settle: Effect.Effect<Option.Option<A>, OfSql>
): Effect.Effect<Option.Option<A>, OfSql> =>
  Effect.catchTag(work, "SqlError", (error) =>
    isAnswerLost(error)
      ? Effect.filterOrFail(whileAway(settle), Option.isSome, () => error)
      : Effect.fail(error))
