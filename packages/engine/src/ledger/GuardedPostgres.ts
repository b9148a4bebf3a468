import { PgClient } from "@effect/sql-pg"
import { Cause, Clock, Context, Effect, Exit, Fiber, Schedule, Schema, type Scope } from "effect"
import { SqlClient, type SqlConnection, SqlError } from "effect/sql"
import { ExpectedWait } from "../ExpectedWait.ts"
import { readGauge } from "../metrics/Series.ts"
import { Roster, type Rostered } from "../Roster.ts"
import { StoreCircuit } from "../StoreCircuit.ts"
import { isStoreAway, StoreLeftAlone } from "./LedgerError.ts"

/** Longer than PostgreSQL lets a statement take, so that this ends only what no answer will come to. */
const answerMillisMax = 12_000
const lookForLateEvery = "1 second"

/** Longest wait for a connection, of those that are not refused at once. */
const leaseMillisMax = 5_000

/**
 * A statement that would wait longer for a connection is refused at once, ms: a longer queue would serve nobody sooner.
 * Transactions, and what writes a booking that Redis has seated, are not: their refusal would leave berths idle.
 */
export const WaitMillisMax = Context.Reference("@berth/engine/ledger/GuardedPostgres/WaitMillisMax", {
  defaultValue: () => 2_000
})

/** Whether answers are waited for as long as it takes. */
export const Maintenance = Context.Reference("@berth/engine/ledger/GuardedPostgres/Maintenance", {
  defaultValue: () => false
})

const refusal = (cause: Error) =>
  new SqlError.SqlError({ reason: new SqlError.ConnectionError({ cause, message: cause.message }) })

const tooMany = refusal(new Error("more statements wait for a connection than can be served soon"))
const noConnection = refusal(new Error(`no connection was free within ${leaseMillisMax / 1000} s`))
const noAnswer = refusal(new Error(`no answer within ${answerMillisMax / 1000} s`))
const leftAlone = refusal(new StoreLeftAlone())

const unsent = new WeakSet<SqlError.SqlError>()

/** Whether PostgreSQL may have heard of the statement that failed: there was a connection for it. */
export const wasSent = (error: SqlError.SqlError): boolean => !unsent.has(error)

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

type Fork = <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>

/** A statement that waits for its answer. */
interface Awaited extends Rostered {
  readonly sinceMillis: number
  readonly fiber: Fiber.Fiber<unknown, unknown>
  late: boolean
}

/** What every call to PostgreSQL goes through. */
class Gate {
  readonly #circuit: StoreCircuit
  readonly #expected: ExpectedWait
  readonly #nowMillis: () => number
  readonly #fork: Fork
  readonly #connectionsMax: number
  readonly #awaited = new Roster<Awaited>()
  #lent = 0
  #waiting = 0

  constructor(connectionsMax: number, nowMillis: () => number, fork: Fork) {
    this.#fork = fork
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

  readonly #hear = (error: SqlError.SqlError): void => {
    if (isSilent(error)) this.#circuit.wasSilent()
    else this.#circuit.answered()
  }

  /**
   * Waits for an answer, but not for ever. One look a second at all that wait: a timer for each, and two fibers to race,
   * were measured to cost as much as a short statement itself.
   */
  readonly answer = <A>(query: Query<A>): Query<A> =>
    Effect.withFiber((caller) => {
      if (caller.getRef(Maintenance)) {
        return query
      }
      return Effect.callback<A, SqlError.SqlError>((resume) => {
        const fiber = this.#fork(query)
        const awaited: Awaited = { sinceMillis: this.#nowMillis(), fiber, late: false, place: 0 }
        this.#awaited.add(awaited)
        fiber.addObserver((exit) => {
          this.#awaited.delete(awaited)
          const answer = awaited.late ? Exit.fail(noAnswer) : exit
          const failure = Exit.isFailure(answer) ? answer.cause.reasons.find(Cause.isFailReason) : undefined
          if (failure !== undefined) this.#hear(failure.error)
          else if (Exit.isSuccess(answer)) this.#circuit.answered()
          resume(answer)
        })
        return Fiber.interrupt(fiber)
      })
    })

  /** Gives up the statements that were not answered in time. Each takes its connection with it. */
  readonly endLate = Effect.sync(() => {
    const latest = this.#nowMillis() - answerMillisMax
    for (const awaited of this.#awaited.all()) {
      if (!awaited.late && awaited.sinceMillis <= latest) {
        awaited.late = true
        awaited.fiber.interruptUnsafe()
      }
    }
  }).pipe(Effect.repeat(Schedule.spaced(lookForLateEvery)))

  /** Lends a connection until the scope closes, or refuses where the wait would be too long. */
  lend<A>(reserve: Query<A, Scope.Scope>): Query<A, Scope.Scope> {
    return Effect.withFiber((fiber) => {
      if (!this.#circuit.admits()) {
        return Effect.fail(leftAlone)
      }
      if (this.#expected.millis(this.#waiting) > fiber.getRef(WaitMillisMax)) {
        return Effect.fail(tooMany)
      }
      const isMaintenance = fiber.getRef(Maintenance)
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
        Effect.tapError((error) => Effect.sync(() => this.#hear(error))),
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

/** As the client sends it where a transaction failed. */
const rollback = "ROLLBACK"

/**
 * A connection, every statement of which goes through the gate. Where it was lost, PostgreSQL rolls back by itself, and the
 * client's ROLLBACK fails: it would die of that, and make a defect of the refusal that it ends with.
 */
const guarded = (connection: SqlConnection.Connection, { answer }: Gate): SqlConnection.Connection => ({
  execute: (sql, ...more) =>
    sql === rollback
      ? Effect.orElseSucceed(answer(connection.execute(sql, ...more)), () => [])
      : answer(connection.execute(sql, ...more)),
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
  const gate = new Gate(
    connectionsMax,
    () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6,
    Effect.runForkWith(yield* Effect.context<never>())
  )
  yield* Effect.forkScoped(gate.endLate)
  // Not within `lend`, which also lends to LISTEN and NOTIFY: the refusal for want of an answer is the same for all.
  const reserved = Effect.tapError(gate.lend(pg.reserve), (error) => Effect.sync(() => unsent.add(error)))
  const acquirer = Effect.map(reserved, (connection) => guarded(connection, gate))
  const waits = Effect.provideService(WaitMillisMax, Infinity)
  const sql = yield* SqlClient.make({
    acquirer,
    transactionAcquirer: waits(acquirer),
    compiler: PgClient.makeCompiler(),
    driver: pg.driver,
    spanAttributes: [["db.system.name", "postgresql"]],
    prepareTransactionControls: true,
    commit,
    rollback,
    releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`
  })
  const client: PgClient.PgClient = Object.assign(sql, {
    [PgClient.TypeId]: PgClient.TypeId,
    config: pg.config,
    json: pg.json,
    listen: (channel: string) =>
      waits(gate.lend(
        Effect.timeoutOrElse(pg.listen(channel), { duration: answerMillisMax, orElse: () => Effect.fail(noAnswer) })
      )),
    notify: (channel: string, payload: string) => Effect.scoped(gate.lend(gate.answer(pg.notify(channel, payload))))
  })
  return client
})
