import { Role } from "@berth/domain/Auth"
import { UserId } from "@berth/domain/UserId"
import { assert, layer } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { Accounts } from "../../src/accounts/Accounts.ts"
import { attemptLimits } from "../../src/accounts/AttemptLimits.ts"
import { ProgramTokens, programTokensPerPersonMax } from "../../src/accounts/ProgramTokens.ts"
import { Sessions } from "../../src/accounts/Sessions.ts"
import {
  accounts,
  hashed,
  holder as asHolder,
  holderOf,
  mails,
  newPassword,
  newPerson,
  password,
  signIn
} from "./AccountsForTests.ts"

const refusal = <A, E extends { readonly _tag: string }, R>(call: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(call), ({ _tag }) => _tag)

const setRole = Effect.fnUntraced(function*(userId: UserId, role: Role) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE account SET role = ${role} WHERE user_id = ${userId}`
})

layer(accounts, { timeout: "60 seconds", excludeTestServices: true })("an account", (it) => {
  it.effect("a new password ends the other sessions, keeps this one and the programs' tokens, and is told by mail", () =>
    Effect.gen(function*() {
      const { changePassword } = yield* Accounts
      const { email, holder, token } = yield* newPerson
      const elsewhere = yield* signIn(email)
      const program = yield* (yield* ProgramTokens).make(holder, { name: "nightly", role: "passenger", days: 1 })
      assert.strictEqual(
        yield* refusal(changePassword(holder, { password: newPassword, newPassword: password })),
        "PasswordWrong"
      )
      assert.strictEqual(
        yield* refusal(changePassword(holder, { password, newPassword: Redacted.make("short") })),
        "PasswordRefused"
      )
      yield* changePassword(holder, { password, newPassword })
      assert.isTrue(Option.isSome(yield* holderOf(token)))
      assert.isTrue(Option.isSome(yield* holderOf(program.token)))
      assert.isTrue(Option.isNone(yield* holderOf(elsewhere.token)))
      assert.strictEqual(mails.findLast(({ to }) => to === email)?.subject, "Your password for Berth was changed")
      assert.strictEqual(yield* refusal(signIn(email)), "SignInRefused")
      yield* signIn(email, { password: newPassword })
    }))

  it.effect("a password is tried so often by a session, and the rest is refused before it is hashed", () =>
    Effect.gen(function*() {
      const { enrolTotp } = yield* Accounts
      const { holder } = yield* newPerson
      for (let tried = 0; tried < attemptLimits.account.limit; tried++) {
        assert.strictEqual(yield* refusal(enrolTotp(holder, newPassword)), "PasswordWrong")
      }
      const before = hashed.calls
      assert.strictEqual(yield* refusal(enrolTotp(holder, password)), "RateLimited")
      assert.strictEqual(hashed.calls, before)
    }))

  it.effect("only an admin grants roles, and nobody their own", () =>
    Effect.gen(function*() {
      const { grantRole } = yield* Accounts
      const { holder } = yield* newPerson
      const { userId } = (yield* newPerson).holder
      for (const role of Role.literals.filter((literal) => literal !== "admin")) {
        assert.strictEqual(yield* refusal(grantRole({ ...holder, role }, { userId, role: "passenger" })), "Forbidden")
      }
      const admin = { ...holder, role: "admin" } as const
      assert.strictEqual((yield* grantRole(admin, { userId, role: "clerk" })).role, "clerk")
      assert.strictEqual(yield* refusal(grantRole(admin, { userId: holder.userId, role: "clerk" })), "Forbidden")
      const nobody = { userId: UserId.make("nobody"), role: "clerk" } as const
      assert.strictEqual(yield* refusal(grantRole(admin, nobody)), "AccountNotFound")
    }))
})

layer(accounts, { timeout: "60 seconds", excludeTestServices: true })("a program's token", (it) => {
  it.effect("may do what it was made for, and never more than its holder, even after the holder's role was lowered", () =>
    Effect.gen(function*() {
      const programs = yield* ProgramTokens
      const { holder, token } = yield* newPerson
      yield* setRole(holder.userId, "operator")
      const operator = yield* asHolder(token)
      assert.strictEqual(yield* refusal(programs.make(operator, { name: "x", role: "admin", days: 1 })), "Forbidden")
      const clerk = yield* programs.make(operator, { name: "desk", role: "clerk", days: 1 })
      assert.strictEqual((yield* asHolder(clerk.token)).role, "clerk")
      yield* setRole(holder.userId, "agent")
      assert.strictEqual((yield* asHolder(clerk.token)).role, "agent")
      yield* setRole(holder.userId, "admin")
      assert.strictEqual((yield* asHolder(clerk.token)).role, "clerk")
    }))

  it.effect("is listed without itself, for its holder alone, and revoked by its holder alone", () =>
    Effect.gen(function*() {
      const programs = yield* ProgramTokens
      const { holder } = yield* newPerson
      const stranger = (yield* newPerson).holder
      const { token, ...shown } = yield* programs.make(holder, { name: "nightly", role: "passenger", days: 7 })
      const list = yield* programs.list(holder.userId)
      assert.deepStrictEqual(list, [shown])
      assert.deepStrictEqual(yield* programs.list(stranger.userId), [])
      assert.strictEqual(yield* refusal(programs.revoke(stranger.userId, shown.id)), "ProgramTokenNotFound")
      assert.isTrue(Option.isSome(yield* holderOf(token)))
      // A session is not one, and is not ended by this way.
      assert.strictEqual(yield* refusal(programs.revoke(holder.userId, holder.sessionId)), "ProgramTokenNotFound")
      yield* programs.revoke(holder.userId, shown.id)
      assert.isTrue(Option.isNone(yield* holderOf(token)))
    }))

  it.effect("can neither make another nor touch the password or the second factor", () =>
    Effect.gen(function*() {
      const programs = yield* ProgramTokens
      const { changePassword, confirmTotp, enrolTotp, removeTotp } = yield* Accounts
      const { holder } = yield* newPerson
      const { token } = yield* programs.make(holder, { name: "nightly", role: "passenger", days: 7 })
      const program = yield* asHolder(token)
      const code = Redacted.make("000000")
      assert.deepStrictEqual(
        yield* Effect.all([
          refusal(programs.make(program, { name: "child", role: "passenger", days: 7 })),
          refusal(changePassword(program, { password, newPassword })),
          refusal(enrolTotp(program, password)),
          refusal(confirmTotp(program, code)),
          refusal(removeTotp(program, { password, code }))
        ]),
        Array.from({ length: 5 }, () => "Forbidden")
      )
    }))

  it.effect("does not come of a session that was ended, though a server may remember it for a second", () =>
    Effect.gen(function*() {
      const programs = yield* ProgramTokens
      const { holder } = yield* newPerson
      yield* (yield* Sessions).endAll(holder.userId)
      assert.strictEqual(yield* refusal(programs.make(holder, { name: "x", role: "passenger", days: 1 })), "Forbidden")
      assert.deepStrictEqual(yield* programs.list(holder.userId), [])
    }))

  it.effect("a person has so many and no more, even when they are made at once", () =>
    Effect.gen(function*() {
      const programs = yield* ProgramTokens
      const { holder } = yield* newPerson
      const made = yield* Effect.forEach(
        Array.from({ length: programTokensPerPersonMax + 5 }),
        (_, at) => Effect.exit(programs.make(holder, { name: `program ${at}`, role: "passenger", days: 1 })),
        { concurrency: 8 }
      )
      assert.strictEqual(made.filter(({ _tag }) => _tag === "Success").length, programTokensPerPersonMax)
      assert.strictEqual((yield* programs.list(holder.userId)).length, programTokensPerPersonMax)
    }))
})
