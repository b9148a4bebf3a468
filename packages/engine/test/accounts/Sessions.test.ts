import { UserId } from "@berth/domain/UserId"
import { assert, layer } from "@effect/vitest"
import { Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import { Sessions } from "../../src/accounts/Sessions.ts"
import { accounts, holderOf, newPerson, signIn, timePasses } from "./AccountsForTests.ts"

const writesTo = Effect.fnUntraced(function*(sessionId: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT xmin::text AS version FROM session WHERE id = ${sessionId}`
  return rows[0]?.["version"]
})

layer(accounts, { timeout: "60 seconds", excludeTestServices: true })("a session", (it) => {
  it.effect("ends a day after its last use, and no use before five minutes is written", () =>
    Effect.gen(function*() {
      const { holder, token } = yield* newPerson
      const version = yield* writesTo(holder.sessionId)
      yield* timePasses("4 minutes")
      yield* holderOf(token)
      assert.strictEqual(yield* writesTo(holder.sessionId), version)
      yield* timePasses("2 minutes")
      yield* holderOf(token)
      assert.notStrictEqual(yield* writesTo(holder.sessionId), version)
      yield* timePasses("23 hours 59 minutes")
      assert.isTrue(Option.isSome(yield* holderOf(token)))
      yield* timePasses("24 hours")
      assert.isTrue(Option.isNone(yield* holderOf(token)))
    }))

  it.effect("ends after thirty days, however much it is used", () =>
    Effect.gen(function*() {
      const { token } = yield* newPerson
      for (let half = 0; half < 59; half++) {
        yield* timePasses("12 hours")
        assert.isTrue(Option.isSome(yield* holderOf(token)))
      }
      yield* timePasses("12 hours")
      assert.isTrue(Option.isNone(yield* holderOf(token)))
    }))

  it.effect("is ended by its own person alone", () =>
    Effect.gen(function*() {
      const sessions = yield* Sessions
      const { holder, token } = yield* newPerson
      yield* sessions.end({ ...holder, userId: UserId.make("somebody-else") })
      assert.isTrue(Option.isSome(yield* holderOf(token)))
      yield* sessions.end(holder)
      assert.isTrue(Option.isNone(yield* holderOf(token)))
    }))

  it.effect("ends with all others of its person where that person signs out everywhere, and nobody else's does", () =>
    Effect.gen(function*() {
      const sessions = yield* Sessions
      const { email, holder, token } = yield* newPerson
      const elsewhere = yield* signIn(email)
      const neighbour = yield* newPerson
      yield* sessions.endAll(holder.userId)
      assert.isTrue(Option.isNone(yield* holderOf(token)))
      assert.isTrue(Option.isNone(yield* holderOf(elsewhere.token)))
      assert.isTrue(Option.isSome(yield* holderOf(neighbour.token)))
    }))
})
