import { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Clock, Effect, Schema } from "effect"
import { SqlError } from "effect/sql"
import { note } from "../metrics/Series.ts"
import { postgresFailures } from "../metrics/StoreFailures.ts"
import { leftAlone } from "../StoreCircuit.ts"

const postgresAway = new StoreUnavailable({
  store: "postgresql",
  retryAfterSeconds: 2,
  detail: "The record does not answer at the moment. Try again in 2 seconds, a booking with the same Idempotency-Key."
})

/** Why a statement was not sent: PostgreSQL has not answered others. */
export class StoreLeftAlone extends Schema.TaggedError<StoreLeftAlone>()("StoreLeftAlone", {}) {
  override get message(): string {
    return leftAlone.postgresql.detail
  }
}

const isLeftAlone = Schema.is(StoreLeftAlone)

export const isSqlError = Schema.is(SqlError.SqlError)

const isAway = Schema.is(
  Schema.Literals([
    "ConnectionError",
    "AuthenticationError",
    "StatementTimeoutError",
    "LockTimeoutError",
    "DeadlockError",
    "SerializationError",
    "UnknownError"
  ])
)

// The client has no name for these: a value that is out of range, a row that a statement would change twice.
const isOfData = Schema.is(Schema.Struct({ code: Schema.String.check(Schema.isPattern(/^2[12]/)) }))

/** Whether the error says that PostgreSQL is away or busy, rather than that a statement or its data were wrong. */
export const isStoreAway = ({ reason }: SqlError.SqlError): boolean =>
  isAway(reason._tag) && !(reason._tag === "UnknownError" && isOfData(reason.cause))

/** While PostgreSQL is away every caller learns of it; a line for each would be a flood. */
const sayEveryMillis = 1_000
let saidMillis = -Infinity

// The name and PostgreSQL's sentence alone: what else an error holds may have rows in it.
const sayAway = Effect.fnUntraced(function*({ reason }: SqlError.SqlError) {
  note(postgresFailures(reason._tag), 1)
  const nowMillis = yield* Clock.currentTimeMillis
  if (nowMillis - saidMillis >= sayEveryMillis) {
    saidMillis = nowMillis
    const said = reason.cause instanceof Error ? reason.cause.message : reason.message
    yield* Effect.logWarning(`PostgreSQL is away: ${reason._tag}, ${said}`)
  }
})

type OfSql = SqlError.SqlError | Schema.SchemaError

const isNotOfSql = <E>(error: E): error is Exclude<E, OfSql> => !isSqlError(error) && !Schema.isSchemaError(error)

// Where a connection is lost within a transaction of a transaction, the client fails to go back to its savepoint, and dies of it.
const failOfSql = (defect: unknown) => isSqlError(defect) ? Effect.fail(defect) : Effect.die(defect)

/**
 * Makes what callers can act on of SQL's failures: a store that is away or busy. A wrong statement, a violated
 * constraint or a row that does not decode is a fault of the program, and dies.
 */
export const fromStore = <A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, OfSql> | StoreUnavailable, R> =>
  // catchIf does not narrow a type parameter.
  Effect.catch(
    Effect.catchDefect(self, failOfSql),
    (error): Effect.Effect<never, Exclude<E, OfSql> | StoreUnavailable> => {
      if (isNotOfSql(error)) {
        return Effect.fail(error)
      }
      if (!isSqlError(error) || !isStoreAway(error)) {
        return Effect.die(error)
      }
      return isLeftAlone(error.reason.cause)
        ? Effect.fail(leftAlone.postgresql)
        : Effect.andThen(sayAway(error), Effect.fail(postgresAway))
    }
  )
