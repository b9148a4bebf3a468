import { assert, layer } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { attemptLimits } from "../../src/accounts/AttemptLimits.ts"
import { ProgramTokens } from "../../src/accounts/ProgramTokens.ts"
import { sessionsPerPersonMax } from "../../src/accounts/Sessions.ts"
import { SigningIn } from "../../src/accounts/SigningIn.ts"
import {
  accounts,
  choosePassword,
  hashed,
  holderOf,
  mailedCode,
  mails,
  newEmail,
  newPassword,
  newPerson,
  password,
  signIn,
  timePasses
} from "./AccountsForTests.ts"

const wrong = Redacted.make("incorrect horse battery")

layer(accounts, { timeout: "60 seconds", excludeTestServices: true })("signing in", (it) => {
  it.effect("whoever reads an address's mail makes its account, as a passenger, by a code that works once", () =>
    Effect.gen(function*() {
      const signingIn = yield* SigningIn
      const email = yield* newEmail
      yield* signingIn.sendMailCode(email, undefined)
      const code = yield* mailedCode(email)
      yield* signingIn.resetPassword({ code, password, address: undefined })
      const again = yield* Effect.flip(signingIn.resetPassword({ code, password: newPassword, address: undefined }))
      assert.strictEqual(again._tag, "MailCodeRefused")
      const signedIn = yield* signIn(email)
      assert.strictEqual(signedIn.role, "passenger")
      assert.deepInclude(Option.getOrThrow(yield* holderOf(signedIn.token)), {
        userId: signedIn.userId,
        role: "passenger",
        kind: "session"
      })
    }))

  it.effect("of two who bring one code at once, one chooses the password", () =>
    Effect.gen(function*() {
      const signingIn = yield* SigningIn
      const email = yield* newEmail
      yield* signingIn.sendMailCode(email, undefined)
      const code = yield* mailedCode(email)
      const both = yield* Effect.forEach(
        [password, newPassword],
        (chosen) => Effect.exit(signingIn.resetPassword({ code, password: chosen, address: undefined })),
        { concurrency: 2 }
      )
      assert.deepStrictEqual(both.map(({ _tag }) => _tag).toSorted(), ["Failure", "Success"])
    }))

  it.effect("a code runs out after half an hour, and a code of nobody costs no hash", () =>
    Effect.gen(function*() {
      const signingIn = yield* SigningIn
      const email = yield* newEmail
      yield* signingIn.sendMailCode(email, undefined)
      yield* timePasses("30 minutes")
      const before = hashed.calls
      for (const code of [yield* mailedCode(email), Redacted.make("x".repeat(43))]) {
        const refused = yield* Effect.flip(signingIn.resetPassword({ code, password, address: undefined }))
        assert.strictEqual(refused._tag, "MailCodeRefused")
      }
      assert.strictEqual(hashed.calls, before)
    }))

  it.effect("nothing but the mailbox tells an address with an account from one without", () =>
    Effect.gen(function*() {
      const signingIn = yield* SigningIn
      const sql = yield* SqlClient.SqlClient
      const { email } = yield* newPerson
      const stranger = yield* newEmail
      const mailsBefore = mails.length
      assert.deepStrictEqual(
        yield* Effect.all([signingIn.sendMailCode(email, undefined), signingIn.sendMailCode(stranger, undefined)]),
        [undefined, undefined]
      )
      assert.strictEqual(mails.length, mailsBefore + 2)
      const rows = yield* sql`SELECT count(*)::int AS codes FROM mail_code WHERE email IN (${email}, ${stranger})
        GROUP BY email`
      assert.deepStrictEqual(rows.map(({ codes }) => codes), [1, 1])
    }))

  it.effect("an unknown address gets the answer of a wrong password, after as many hashes", () =>
    Effect.gen(function*() {
      const { email } = yield* newPerson
      const answers = yield* Effect.forEach([email, yield* newEmail], (tried) =>
        Effect.gen(function*() {
          const before = hashed.calls
          const refused = yield* Effect.flip(signIn(tried, { password: wrong }))
          return { refused: JSON.stringify(refused), hashes: hashed.calls - before }
        }))
      assert.deepStrictEqual(answers[0], answers[1])
      assert.strictEqual(answers[0]?.hashes, 1)
    }))

  it.effect("an account is tried so often and no more, whoever asks, and the rest is refused before it is hashed", () =>
    Effect.gen(function*() {
      for (const email of [(yield* newPerson).email, yield* newEmail]) {
        const tries = yield* Effect.forEach(
          Array.from({ length: attemptLimits.account.limit }, (_, at) => `192.0.2.${at}`),
          (address) => Effect.flip(signIn(email, { password: wrong, address })),
          { concurrency: 5 }
        )
        const known = tries.filter(({ _tag }) => _tag === "SignInRefused").length
        assert.isAtLeast(known, attemptLimits.account.limit - 1)
        const before = hashed.calls
        const refused = yield* Effect.flip(signIn(email, { address: "198.51.100.1" }))
        assert.strictEqual(refused._tag, "RateLimited")
        assert.strictEqual(hashed.calls, before)
      }
    }))

  it.effect("so is an address of the network, whichever accounts it tries", () =>
    Effect.gen(function*() {
      const address = "203.0.113.7"
      const { email } = yield* newPerson
      yield* Effect.forEach(
        Array.from({ length: attemptLimits.address.limit }),
        () => Effect.flatMap(newEmail, (stranger) => Effect.flip(signIn(stranger, { password: wrong, address }))),
        { concurrency: 8 }
      )
      const before = hashed.calls
      assert.strictEqual((yield* Effect.flip(signIn(email, { address })))._tag, "RateLimited")
      assert.strictEqual(hashed.calls, before)
      yield* signIn(email, { address: "203.0.113.8" })
    }))

  it.effect("a mailbox gets so many mails and no more", () =>
    Effect.gen(function*() {
      const signingIn = yield* SigningIn
      const email = yield* newEmail
      for (let sent = 0; sent < attemptLimits.mailbox.limit; sent++) {
        yield* signingIn.sendMailCode(email, undefined)
      }
      const before = mails.length
      assert.strictEqual((yield* Effect.flip(signingIn.sendMailCode(email, undefined)))._tag, "RateLimited")
      assert.strictEqual(mails.length, before)
    }))

  it.effect("a token stolen before its holder signed in again is worth nothing after it", () =>
    Effect.gen(function*() {
      const { email, token } = yield* newPerson
      const next = yield* signIn(email, { replaces: token })
      assert.isTrue(Option.isNone(yield* holderOf(token)))
      assert.isTrue(Option.isSome(yield* holderOf(next.token)))
      // Whoever fails to sign in ends nothing.
      yield* Effect.flip(signIn(email, { password: wrong, replaces: next.token }))
      assert.isTrue(Option.isSome(yield* holderOf(next.token)))
    }))

  it.effect("a new password by mail ends every session, and the tokens of programs", () =>
    Effect.gen(function*() {
      const { email, holder, token } = yield* newPerson
      const program = yield* (yield* ProgramTokens).make(holder, { name: "nightly", role: "passenger", days: 1 })
      yield* choosePassword(email, newPassword)
      assert.isTrue(Option.isNone(yield* holderOf(token)))
      assert.isTrue(Option.isNone(yield* holderOf(program.token)))
      assert.strictEqual((yield* Effect.flip(signIn(email)))._tag, "SignInRefused")
      const { userId } = yield* signIn(email, { password: newPassword })
      assert.strictEqual(userId, holder.userId)
    }))

  it.effect("a password that is changed while it is compared signs nobody in", () =>
    Effect.gen(function*() {
      const { email } = yield* newPerson
      const run = Effect.runPromiseWith(yield* Effect.context<SigningIn>())
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          hashed.meanwhile = () => Promise.resolve()
        })
      )
      hashed.meanwhile = () => run(choosePassword(email, newPassword))
      assert.strictEqual((yield* Effect.flip(signIn(email)))._tag, "SignInRefused")
    }))

  it.effect("a person's oldest session ends where one more than allowed begins", () =>
    Effect.gen(function*() {
      const { email, token } = yield* newPerson
      const sql = yield* SqlClient.SqlClient
      for (let more = 1; more < sessionsPerPersonMax; more++) {
        yield* sql`
          INSERT INTO session (token_hash, user_id, kind, expires_at)
          SELECT sha256(gen_random_uuid()::text::bytea), user_id, 'session', berth_now() + interval '1 day'
          FROM account WHERE email = ${email}`
      }
      assert.isTrue(Option.isSome(yield* holderOf(token)))
      const newest = yield* signIn(email)
      assert.isTrue(Option.isNone(yield* holderOf(token)))
      assert.isTrue(Option.isSome(yield* holderOf(newest.token)))
    }))

  it.effect("neither passwords, codes nor tokens are in the database", () =>
    Effect.gen(function*() {
      const { email, token } = yield* newPerson
      yield* (yield* SigningIn).sendMailCode(email, undefined)
      const sql = yield* SqlClient.SqlClient
      const rows = JSON.stringify([
        yield* sql`SELECT a::text FROM account a`,
        yield* sql`SELECT s::text FROM session s`,
        yield* sql`SELECT m::text FROM mail_code m`
      ])
      for (const secret of [password, token, yield* mailedCode(email)]) {
        assert.notInclude(rows, Redacted.value(secret))
      }
    }))
})
