import { UserId } from "@berth/domain/UserId"
import { Sessions } from "@berth/engine/accounts/Sessions"
import { Tokens } from "@berth/server/Tokens"
import { assert, layer } from "@effect/vitest"
import { Clock, Context, Effect, Fiber, Latch, Layer, Redacted, Scheduler } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { TestClock } from "effect/testing"
import { randomUUID } from "node:crypto"
import { engine } from "./TestServer.ts"

/** Turns of the process, far more than an answer that has arrived needs to be taken in. */
const turnsMax = 1_000

const until = (wanted: string, role: Effect.Effect<string | undefined>) =>
  Effect.repeat(Effect.andThen(Effect.yieldNow, role), { until: (one) => one === wanted, times: turnsMax })

/** Has a fiber wait for its turn before one of its steps, as it may before any, and be ended there. */
const waitingAt = (step: number): Scheduler.Scheduler => {
  const scheduler = new Scheduler.MixedScheduler()
  let steps = 0
  return {
    executionMode: scheduler.executionMode,
    makeDispatcher: () => scheduler.makeDispatcher(),
    shouldYield: () => steps++ === step
  }
}

type Statement = Effect.Effect<unknown, SqlError.SqlError>

/** A server with a clock that stands still until it is told to go on, and a hand on the statements that it sends. */
const makeServer = (change: (statement: Statement, number: number) => Statement) =>
  Effect.gen(function*() {
    const clock = yield* TestClock.make()
    const sql = yield* SqlClient.SqlClient
    let statements = 0
    const changed = new Proxy(sql, {
      apply: (target, self, args) => {
        const statement: Statement = Reflect.apply(target, self, args)
        return change(statement, ++statements)
      }
    })
    const tokens = Context.get(
      yield* Effect.provideService(Layer.build(Layer.fresh(Tokens.layer)), SqlClient.SqlClient, changed),
      Tokens
    )
    const userId = UserId.make(`user-${randomUUID()}`)
    const token = yield* (yield* Tokens).make({ userId, role: "clerk" })
    return {
      userId,
      forget: tokens.forget(userId),
      adjust: clock.adjust,
      statements: () => statements,
      role: Effect.map(
        Effect.exit(Effect.provideService(tokens.verify(Redacted.value(token)), Clock.Clock, clock)),
        (exit) => exit._tag === "Success" ? exit.value.role : undefined
      )
    }
  })

/** A server whose second reading has taken place in the record, and is not answered until the record is told to. */
const makeLateServer = Effect.gen(function*() {
  const wasRead = yield* Latch.make()
  const answers = yield* Latch.make()
  const server = yield* makeServer((statement, number) =>
    number === 2 ? Effect.tap(statement, Effect.andThen(wasRead.open, answers.await)) : statement
  )
  return { server, wasRead: wasRead.await, answer: answers.open }
})

layer(Layer.provideMerge(Sessions.layer, engine), { timeout: "60 seconds", excludeTestServices: true })(
  "a token that is used all the time",
  (it) => {
    it.effect("is read ahead, by one reading at a time, so that its calls never wait for the record", () =>
      Effect.gen(function*() {
        const answers = yield* Latch.make()
        const wasRead = yield* Latch.make()
        const server = yield* makeServer((statement, number) =>
          number === 1 ? statement : Effect.tap(Effect.andThen(answers.await, statement), wasRead.open)
        )
        const sql = yield* SqlClient.SqlClient
        assert.strictEqual(yield* server.role, "clerk")
        yield* server.adjust("499 millis")
        assert.strictEqual(yield* server.role, "clerk")
        assert.strictEqual(server.statements(), 1)

        // The record is silent from here on, and nobody waits for it.
        yield* server.adjust("1 millis")
        const roles = yield* Effect.forEach(Array.from({ length: 50 }), () => server.role, { concurrency: 50 })
        assert.isTrue(roles.every((role) => role === "clerk"))
        yield* server.adjust("499 millis")
        assert.strictEqual(yield* server.role, "clerk")
        assert.strictEqual(server.statements(), 2)

        yield* sql`UPDATE account SET role = 'passenger' WHERE user_id = ${server.userId}`
        yield* answers.open
        yield* wasRead.await
        assert.strictEqual(yield* until("passenger", server.role), "passenger")
        yield* answers.close
        // It counts from when the record was asked, half a second after the first time.
        yield* server.adjust("500 millis")
        assert.strictEqual(yield* server.role, "passenger")
        yield* answers.open
      }))

    it.effect("is refused a second after the record was asked at most, also where that was ahead", () =>
      Effect.gen(function*() {
        const { answer, server, wasRead } = yield* makeLateServer
        const sessions = yield* Sessions
        yield* server.role
        yield* server.adjust("600 millis")
        assert.strictEqual(yield* server.role, "clerk")
        yield* wasRead
        yield* sessions.endAll(server.userId)
        yield* answer
        yield* server.adjust("999 millis")
        assert.strictEqual(yield* server.role, "clerk")
        yield* server.adjust("1 millis")
        assert.isUndefined(yield* server.role)
      }))

    it.effect("goes on as before where reading ahead fails: after the second the next call asks and waits", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const failed = yield* Latch.make()
        const server = yield* makeServer((statement, number) =>
          number === 2
            ? Effect.ensuring(sql`SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)`, failed.open)
            : statement
        )
        yield* server.role
        yield* server.adjust("600 millis")
        for (let call = 0; call < 3; call++) {
          assert.strictEqual(yield* server.role, "clerk")
        }
        yield* failed.await
        assert.strictEqual(yield* server.role, "clerk")
        yield* server.adjust("400 millis")
        // Whoever shares the reading that failed is told so; the next asks again.
        assert.strictEqual(yield* until("clerk", server.role), "clerk")
        assert.strictEqual(server.statements(), 3)
      }))

    it.effect("is not known by a reading that began before its person was forgotten", () =>
      Effect.gen(function*() {
        const { answer, server, wasRead } = yield* makeLateServer
        yield* server.role
        yield* server.adjust("600 millis")
        yield* server.role
        yield* wasRead
        yield* (yield* Sessions).endAll(server.userId)
        yield* server.forget
        yield* answer
        assert.isUndefined(yield* server.role)
        assert.strictEqual(server.statements(), 3)
        assert.isUndefined(yield* server.role)
      }))

    it.effect("is asked about again by whoever comes a second after a question that has had no answer yet", () =>
      Effect.gen(function*() {
        const wasRead = yield* Latch.make()
        const answers = yield* Latch.make()
        const server = yield* makeServer((statement, number) =>
          number === 1 ? Effect.tap(statement, Effect.andThen(wasRead.open, answers.await)) : statement
        )
        const first = yield* Effect.forkChild(server.role, { startImmediately: true })
        yield* wasRead.await
        yield* (yield* Sessions).endAll(server.userId)
        yield* server.adjust("1 second")
        assert.isUndefined(yield* server.role)
        yield* answers.open
        assert.strictEqual(yield* Fiber.join(first), "clerk")
        assert.isUndefined(yield* server.role)
      }))

    it.effect("is asked about by the next call where the one before gave up, whenever that was", () =>
      Effect.gen(function*() {
        for (let step = 0; step <= 40; step++) {
          const server = yield* makeServer((statement) => statement)
          const gaveUp = Effect.provideService(server.role, Scheduler.Scheduler, waitingAt(step))
          yield* Fiber.interrupt(yield* Effect.forkChild(gaveUp, { startImmediately: true }))
          assert.strictEqual(yield* server.role, "clerk")
        }
      }))
  }
)
