import { Clock, Effect, Option, Ref, Schedule, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { SqlSchema } from "effect/sql"
import { transactionMillisMax } from "./Database.ts"
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

/** Whether the answer was lost, and what became of the statement with it. What PostgreSQL refuses it has not carried out. */
const isAnswerLost = (error: SqlError.SqlError): boolean =>
  wasSent(error) && isStoreAway(error) &&
  (error.reason._tag === "ConnectionError" || error.reason._tag === "UnknownError")

/**
 * Runs a statement that commits by itself. When its answer is lost, so is its transaction's id, and the record is asked for
 * what it writes until that is there, or can come no more: when the sessions are gone that may carry the statement out, or
 * when the moment has passed up to which it takes effect, and then the longest that a transaction may take.
 */
export const decidedByRecord = <A>(
  sql: SqlClient.SqlClient,
  work: Effect.Effect<Option.Option<A>, OfSql>,
  options: {
    readonly readBack: Effect.Effect<Option.Option<A>, OfSql>
    /** Business time, Unix ms, from which on the statement does nothing. */
    readonly deadlineMillis: number
  }
): Effect.Effect<Option.Option<A>, OfSql> => {
  const askOver = SqlSchema.findOne({
    Request: Schema.Struct({ secondsAgo: Schema.Finite, lastMillis: Schema.Finite }),
    Result: Schema.Struct({ over: Schema.Boolean }),
    execute: ({ lastMillis, secondsAgo }) =>
      sql`SELECT berth_now() > to_timestamp(${lastMillis}::float8 / 1000) OR NOT EXISTS (
        SELECT FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.application_name = current_setting('application_name')
          AND a.backend_start <= clock_timestamp() - make_interval(secs => ${secondsAgo}::float8)
      ) AS over`
  })
  return Effect.flatMap(Clock.currentTimeMillis, (sentMillis) => {
    const ask = Effect.gen(function*() {
      const secondsAgo = ((yield* Clock.currentTimeMillis) - sentMillis) / 1000
      const { over } = yield* Effect.catchTag(
        askOver({ secondsAgo, lastMillis: options.deadlineMillis + transactionMillisMax }),
        "NoSuchElementError",
        Effect.die
      )
      // After the question above: what was not over may have ended between the two.
      return { over, written: yield* options.readBack }
    })
    return Effect.catchTag(work, "SqlError", (error) =>
      isAnswerLost(error)
        ? whileAway(ask).pipe(
          Effect.repeat({ schedule: askEvery, until: ({ over, written }) => over || Option.isSome(written) }),
          Effect.flatMap(({ written }) => Option.isSome(written) ? Effect.succeed(written) : Effect.fail(error))
        )
        : Effect.fail(error))
  })
}
