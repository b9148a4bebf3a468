import { Effect, Ref, Schedule, Schema } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { SqlSchema } from "effect/sql"
import { isStoreAway } from "./LedgerError.ts"

/** How long a transaction whose COMMIT was not answered is asked after; none lives longer than the limit of 10 s. */
const askEvery = Schedule.max([Schedule.spaced("200 millis"), Schedule.recurs(100)])

const Outcome = Schema.Struct({ status: Schema.NullOr(Schema.Literals(["committed", "aborted", "in progress"])) })

/**
 * Runs a transaction whose rows carry its id. When the answer to COMMIT is lost, PostgreSQL is asked until it is known
 * what became of it: reading the rows back too early would deny a sale that still happens.
 */
export const decided = <A extends { readonly transactionId: string }>(
  sql: SqlClient.SqlClient,
  work: Effect.Effect<ReadonlyArray<A>, SqlError.SqlError | Schema.SchemaError>
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
            Effect.retry({ schedule: askEvery, while: (failure) => failure._tag === "SqlError" }),
            Effect.catchTag("NoSuchElementError", Effect.die)
          )
          return outcome === "committed" ? rows : yield* error
        }))
    )
  })
