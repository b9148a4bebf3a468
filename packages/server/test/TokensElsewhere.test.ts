import { UserId } from "@berth/domain/UserId"
import { secretHash } from "@berth/engine/accounts/SecretText"
import { Sessions } from "@berth/engine/accounts/Sessions"
import { Tokens } from "@berth/server/Tokens"
import { assert, layer } from "@effect/vitest"
import { Clock, Context, Effect, Layer, Option, Redacted } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { TestClock } from "effect/testing"
import { randomUUID } from "node:crypto"
import { engine } from "./TestServer.ts"

/** What another server remembers of tokens. */
const anotherServer = Effect.map(Layer.build(Layer.fresh(Tokens.layer)), Context.get(Tokens))

/** Runs by a clock that stands still until it is told to go on. */
const byClock = (clock: TestClock.TestClock) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, Clock.Clock, clock)

const newToken = Effect.gen(function*() {
  const userId = UserId.make(`user-${randomUUID()}`)
  return { userId, token: yield* (yield* Tokens).make({ userId, role: "clerk" }) }
})

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("two servers", (it) => {
  it.effect("refuse who signed out everywhere a second later at most, and do not ask the record before", () =>
    Effect.gen(function*() {
      const clock = yield* TestClock.make()
      const sessions = yield* Sessions
      const servers = [yield* anotherServer, yield* anotherServer]
      const { token, userId } = yield* newToken
      const verifyAll = Effect.forEach(servers, ({ verify }) => Effect.exit(verify(Redacted.value(token))))
      const tags = byClock(clock)(Effect.map(verifyAll, (exits) => exits.map(({ _tag }) => _tag)))

      assert.deepStrictEqual(yield* tags, ["Success", "Success"])
      yield* sessions.endAll(userId)
      yield* clock.adjust("999 millis")
      assert.deepStrictEqual(yield* tags, ["Success", "Success"])
      yield* clock.adjust("1 millis")
      assert.deepStrictEqual(yield* tags, ["Failure", "Failure"])
    }).pipe(Effect.provide(Sessions.layer)))

  it.effect("see a lowered role a second later at most", () =>
    Effect.gen(function*() {
      const clock = yield* TestClock.make()
      const sql = yield* SqlClient.SqlClient
      const server = yield* anotherServer
      const { token, userId } = yield* newToken
      const role = byClock(clock)(Effect.map(server.verify(Redacted.value(token)), (user) => user.role))
      assert.strictEqual(yield* role, "clerk")
      yield* sql`UPDATE account SET role = 'passenger' WHERE user_id = ${userId}`
      yield* clock.adjust("1 second")
      assert.strictEqual(yield* role, "passenger")
    }))

  it.effect("count the second from when the record was asked, however late it answers", () =>
    Effect.gen(function*() {
      const clock = yield* TestClock.make()
      const sql = yield* SqlClient.SqlClient
      const { token, userId } = yield* newToken
      // The record's answer is read, and then time passes before it arrives.
      const slow = new Proxy(sql, {
        apply: (target, self, args) => {
          const statement: Effect.Effect<unknown, SqlError.SqlError> = Reflect.apply(target, self, args)
          return Effect.tap(statement, clock.adjust("700 millis"))
        }
      })
      const server = yield* Effect.provideService(anotherServer, SqlClient.SqlClient, slow)
      yield* byClock(clock)(server.verify(Redacted.value(token)))
      yield* Effect.flatMap(Sessions, ({ endAll }) => endAll(userId))
      yield* clock.adjust("300 millis")
      assert.strictEqual((yield* Effect.exit(byClock(clock)(server.verify(Redacted.value(token)))))._tag, "Failure")
    }).pipe(Effect.provide(Sessions.layer)))

  it.effect("one forgets at once what was ended at itself", () =>
    Effect.gen(function*() {
      const clock = yield* TestClock.make()
      const server = yield* anotherServer
      const sessions = yield* Sessions
      const { token, userId } = yield* newToken
      yield* byClock(clock)(server.verify(Redacted.value(token)))
      yield* sessions.endAll(userId)
      yield* server.forget(userId)
      assert.strictEqual((yield* Effect.exit(byClock(clock)(server.verify(Redacted.value(token)))))._tag, "Failure")
      assert.isTrue(Option.isNone(yield* sessions.holder(secretHash(token))))
    }).pipe(Effect.provide(Sessions.layer)))
})
