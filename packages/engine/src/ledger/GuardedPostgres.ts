import { PgClient } from "@effect/sql-pg"
import { Clock, Context, Effect, Schema, type Scope } from "effect"
import { SqlClient, type SqlConnection, SqlError } from "effect/sql"
import { ExpectedWait } from "../ExpectedWait.ts"
import { readGauge } from "../metrics/Series.ts"
import { StoreCircuit } from "../StoreCircuit.ts"
import { isStoreAway, StoreLeftAlone } from "./LedgerError.ts"

/** Longer than PostgreSQL lets a statement take, so that this ends only what no answer will come to. */
const answerMillisMax = 12_000

/** Longest wait for a connection, of those that are not refused at once. */
const leaseMillisMax = 5_000

/**
 * A statement that would wait longer for a connection is refused at once, ms: a longer queue would serve nobody sooner.
 * Transactions, and what writes a booking that Redis has seated, are not: their refusal would leave berths idle.
 */
export const WaitMillisMax = Context.Reference("@berth/engine/ledger/GuardedPostgres/WaitMillisMax", {
  defaultValue: () => 2_000
})

/** How long a statement's answer is waited for, ms; maintenance waits as long as it takes. */
export const AnswerMillisMax = Context.Reference("@berth/engine/ledger/GuardedPostgres/AnswerMillisMax", {
  defaultValue: () => answerMillisMax
})

const refusal = (cause: Error) =>
  new SqlError.SqlError({ reason: new SqlError.ConnectionError({ cause, message: cause.message }) })

const tooMany = refusal(new Error("more statements wait for a connection than can be served soon"))
const noConnection = refusal(new Error(`no connection was free within ${leaseMillisMax / 1000} s`))
const noAnswer = refusal(new Error(`no answer within ${answerMillisMax / 1000} s`))
const leftAlone = refusal(new StoreLeftAlone())

type Query<A, R = never> = Effect.Effect<A, SqlError.SqlError, R>

const isInTheWay = Schema.is(Schema.Literals(["LockTimeoutError", "DeadlockError", "SerializationError"]))

/** Whether PostgreSQL is away, and not one statement in the way of another. */
const isSilent = (error: SqlError.SqlError): boolean =>
  error !== noConnection && isStoreAway(error) && !isInTheWay(error.reason._tag)

const isRolledBack = Schema.is(Schema.Struct({ command: Schema.Literal("ROLLBACK") }))

/** PostgreSQL answers the COMMIT of a transaction that a statement has spoilt with ROLLBACK. */
const commit = (connection: SqlConnection.Connection): Query<void> =>
  Effect.flatMap(connection.executeRaw("COMMIT", []), (result) =>
    isRolledBack(result)
      ? Effect.fail(
        new SqlError.SqlError({ reason: new SqlError.UnknownError({ cause: new Error("COMMIT rolled back") }) })
      )
      : Effect.void)

/** What every call to PostgreSQL goes through. */
class Gate {
  readonly #circuit: StoreCircuit
  readonly #expected: ExpectedWait
  readonly #nowMillis: () => number
  readonly #connectionsMax: number
  #lent = 0
  #waiting = 0

  constructor(connectionsMax: number, nowMillis: () => number) {
    this.#circuit = new StoreCircuit("postgresql", nowMillis)
    this.#expected = new ExpectedWait(connectionsMax, nowMillis)
    this.#connectionsMax = connectionsMax
    this.#nowMillis = nowMillis
    readGauge(
      "berth_postgres_waiting",
      "Statements and transactions that wait for a connection of the pool",
      () => this.#waiting
    )
  }

  readonly #hear = (error: SqlError.SqlError) =>
    Effect.sync(() => isSilent(error) ? this.#circuit.wasSilent() : this.#circuit.answered())

  /** Waits for an answer, but not for ever. */
  readonly answer = <A, R>(query: Query<A, R>): Query<A, R> =>
    Effect.withFiber((fiber) => {
      const duration = fiber.getRef(AnswerMillisMax)
      const bounded = duration === Infinity
        ? query
        : Effect.timeoutOrElse(query, { duration, orElse: () => Effect.fail(noAnswer) })
      return Effect.tap(Effect.tapError(bounded, this.#hear), () => Effect.sync(() => this.#circuit.answered()))
    })

  /** Lends a connection until the scope closes, or refuses where the wait would be too long. */
  lend<A>(reserve: Query<A, Scope.Scope>): Query<A, Scope.Scope> {
    return Effect.withFiber((fiber) => {
      if (!this.#circuit.admits()) {
        return Effect.fail(leftAlone)
      }
      if (this.#expected.millis(this.#waiting) > fiber.getRef(WaitMillisMax)) {
        return Effect.fail(tooMany)
      }
      const isMaintenance = fiber.getRef(AnswerMillisMax) === Infinity
      let takenMillis: number | undefined
      const giveBack = Effect.sync(() => {
        this.#lent--
        if (takenMillis !== undefined && !isMaintenance) this.#expected.gaveBack(this.#nowMillis() - takenMillis)
      })
      const taken = Effect.sync(() => {
        takenMillis = this.#nowMillis()
        this.#expected.took()
      })
      const waits = this.#lent >= this.#connectionsMax
      this.#lent++
      return Effect.addFinalizer(() => giveBack).pipe(
        Effect.andThen(waits ? this.#wait(reserve) : reserve),
        Effect.tapError(this.#hear),
        Effect.tap(taken)
      )
    })
  }

  #wait<A>(reserve: Query<A, Scope.Scope>): Query<A, Scope.Scope> {
    this.#waiting++
    return Effect.ensuring(
      Effect.timeoutOrElse(reserve, { duration: leaseMillisMax, orElse: () => Effect.fail(noConnection) }),
      Effect.sync(() => this.#waiting--)
    )
  }
}

/** A connection, every statement of which goes through the gate. */
const guarded = (connection: SqlConnection.Connection, { answer }: Gate): SqlConnection.Connection => ({
  execute: (...query) => answer(connection.execute(...query)),
  executeRaw: (...query) => answer(connection.executeRaw(...query)),
  executeValues: (...query) => answer(connection.executeValues(...query)),
  executeUnprepared: (...query) => answer(connection.executeUnprepared(...query)),
  executeValuesUnprepared: (...query) => answer(connection.executeValuesUnprepared(...query)),
  executeStream: connection.executeStream
})

/**
 * A client of PostgreSQL on which nobody waits for ever: neither for a connection, nor for an answer, nor for a server that
 * has not answered others.
 */
export const make = Effect.fnUntraced(function*(pg: PgClient.PgClient, connectionsMax: number) {
  const clock = yield* Clock.Clock
  const gate = new Gate(connectionsMax, () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6)
  const acquirer = Effect.map(gate.lend(pg.reserve), (connection) => guarded(connection, gate))
  const waits = Effect.provideService(WaitMillisMax, Infinity)
  const sql = yield* SqlClient.make({
    acquirer,
    transactionAcquirer: waits(acquirer),
    compiler: PgClient.makeCompiler(),
    driver: pg.driver,
    spanAttributes: [["db.system.name", "postgresql"]],
    prepareTransactionControls: true,
    commit,
    releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`
  })
  const client: PgClient.PgClient = Object.assign(sql, {
    [PgClient.TypeId]: PgClient.TypeId,
    config: pg.config,
    json: pg.json,
    listen: (channel: string) => waits(gate.lend(gate.answer(pg.listen(channel)))),
    notify: (channel: string, payload: string) => Effect.scoped(gate.lend(gate.answer(pg.notify(channel, payload))))
  })
  return client
})
