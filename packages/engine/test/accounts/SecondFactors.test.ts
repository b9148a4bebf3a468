import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { Accounts } from "../../src/accounts/Accounts.ts"
import { recoveryCodesEach } from "../../src/accounts/SecondFactors.ts"
import { codeOf, stepSeconds } from "../../src/accounts/Totp.ts"
import { accounts, newPerson, password, signIn, timePasses } from "./AccountsForTests.ts"

/** The code that an authenticator with the account's secret shows, so many steps from now. */
const codeNow = Effect.fnUntraced(function*(userId: string, steps = 0) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`
    SELECT encode(secret, 'hex') AS secret, extract(epoch FROM berth_now())::float8 AS seconds
    FROM totp WHERE user_id = ${userId}`
  const step = Math.floor(Number(rows[0]?.["seconds"]) / stepSeconds)
  return codeOf(Buffer.from(String(rows[0]?.["secret"]), "hex"), step + steps)
})

const newGuardedPerson = Effect.gen(function*() {
  const person = yield* newPerson
  const { confirmTotp, enrolTotp } = yield* Accounts
  yield* enrolTotp(person.holder, password)
  const code = yield* codeNow(person.holder.userId)
  const { recoveryCodes } = yield* confirmTotp(person.holder, Redacted.make(code))
  return { ...person, userId: person.holder.userId, firstCode: code, recoveryCodes: recoveryCodes.map(Redacted.value) }
})

const refusal = <A, E extends { readonly _tag: string }, R>(call: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(call), ({ _tag }) => _tag)

layer(accounts, { timeout: "60 seconds", excludeTestServices: true })("a second factor", (it) => {
  it.effect("counts from its confirmation on, and only a right code confirms it", () =>
    Effect.gen(function*() {
      const { email, holder } = yield* newPerson
      const { confirmTotp, enrolTotp, read } = yield* Accounts
      assert.strictEqual(yield* refusal(enrolTotp(holder, Redacted.make("incorrect horse battery"))), "PasswordWrong")
      assert.strictEqual(yield* refusal(confirmTotp(holder, Redacted.make("000000"))), "SecondFactorConflict")
      const { secret, uri } = yield* enrolTotp(holder, password)
      assert.include(Redacted.value(uri), `secret=${Redacted.value(secret)}`)
      yield* signIn(email)
      const stale = codeOf(Buffer.alloc(20), 1)
      assert.strictEqual(yield* refusal(confirmTotp(holder, Redacted.make(stale))), "SecondFactorRefused")
      yield* confirmTotp(holder, Redacted.make(yield* codeNow(holder.userId)))
      assert.isTrue((yield* read(holder.userId)).secondFactor)
      assert.strictEqual(yield* refusal(signIn(email)), "SecondFactorNeeded")
      assert.strictEqual(yield* refusal(enrolTotp(holder, password)), "SecondFactorConflict")
    }))

  it.effect("a code works once, even at the same moment, and the one that confirmed it not again", () =>
    Effect.gen(function*() {
      const { email, firstCode, userId } = yield* newGuardedPerson
      assert.strictEqual(yield* refusal(signIn(email, { code: firstCode })), "SignInRefused")
      yield* timePasses("1 minute")
      const code = yield* codeNow(userId)
      const both = yield* Effect.forEach([1, 2, 3], () => Effect.exit(signIn(email, { code })), { concurrency: 3 })
      assert.deepStrictEqual(both.map(({ _tag }) => _tag).toSorted(), ["Failure", "Failure", "Success"])
      assert.strictEqual(yield* refusal(signIn(email, { code })), "SignInRefused")
      // A code of the step before was shown earlier, and somebody may have looked over a shoulder.
      assert.strictEqual(yield* refusal(signIn(email, { code: yield* codeNow(userId, -1) })), "SignInRefused")
    }))

  it.effect("a right code with a wrong password is refused, and not used up", () =>
    Effect.gen(function*() {
      const { email, userId } = yield* newGuardedPerson
      yield* timePasses("1 minute")
      const code = yield* codeNow(userId)
      assert.strictEqual(
        yield* refusal(signIn(email, { code, password: Redacted.make("incorrect horse battery") })),
        "SignInRefused"
      )
      yield* signIn(email, { code })
    }))

  it.effect("recovery codes stand in for it, each once, however they are typed", () =>
    Effect.gen(function*() {
      const { email, recoveryCodes } = yield* newGuardedPerson
      assert.strictEqual(new Set(recoveryCodes).size, recoveryCodesEach)
      const [first = "", second = ""] = recoveryCodes
      yield* signIn(email, { code: first })
      assert.strictEqual(yield* refusal(signIn(email, { code: first })), "SignInRefused")
      yield* signIn(email, { code: ` ${second.toUpperCase().replaceAll("-", " ")}` })
      const other = yield* newGuardedPerson
      assert.strictEqual(yield* refusal(signIn(other.email, { code: recoveryCodes[2] })), "SignInRefused")
    }))

  it.effect("is taken off by password and code, and its recovery codes go with it", () =>
    Effect.gen(function*() {
      const { email, holder, recoveryCodes } = yield* newGuardedPerson
      const { removeTotp } = yield* Accounts
      const [first = "", second = ""] = recoveryCodes
      const given = { password, code: Redacted.make(first) }
      assert.strictEqual(
        yield* refusal(removeTotp(holder, { ...given, password: Redacted.make("incorrect horse") })),
        "PasswordWrong"
      )
      assert.strictEqual(
        yield* refusal(removeTotp(holder, { ...given, code: Redacted.make("abcd") })),
        "SecondFactorRefused"
      )
      yield* removeTotp(holder, given)
      yield* signIn(email)
      yield* signIn(email, { code: second })
      const sql = yield* SqlClient.SqlClient
      assert.deepStrictEqual(yield* sql`SELECT FROM recovery_code WHERE user_id = ${holder.userId}`, [])
    }))
})
