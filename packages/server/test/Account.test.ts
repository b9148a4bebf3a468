import { codeOf, stepSeconds } from "@berth/engine/accounts/Totp"
import { assert, layer } from "@effect/vitest"
import { Cause, Effect, Layer, Logger, type Schema } from "effect"
import { SqlClient } from "effect/sql"
import { randomUUID } from "node:crypto"
import { type Asked, baseUrl, call, layer as server, tokenOf } from "./TestServer.ts"

const password = "correct horse battery"

const lines: Array<string> = []
const log = Logger.layer([
  Logger.make(({ cause, message }) => {
    lines.push(`${String(message)} ${Cause.pretty(cause)}`)
  })
])

const ask = (path: string, asked: Asked = {}) => call(`/api/account${path}`, asked)

const text = (value: Schema.Json | undefined): string => typeof value === "string" ? value : ""

const tagOf = (path: string, asked: Asked) =>
  Effect.map(ask(path, asked), ({ body, status }) => `${status} ${text(body["_tag"])}`)

const newEmail = Effect.sync(() => `${randomUUID()}@example.org`)

/** The code that a mail to an address brings; without a mail server the log has it. */
const mailedCode = Effect.fnUntraced(function*(email: string) {
  assert.strictEqual((yield* ask("/mail-codes", { body: { email } })).status, 202)
  return lines.filter((line) => line.includes(`Mail to ${email}`)).map((line) => /^[\w-]{43}$/m.exec(line)?.[0]).at(
    -1
  ) ?? ""
})

const newPerson = Effect.gen(function*() {
  const email = yield* newEmail
  const code = yield* mailedCode(email)
  assert.strictEqual((yield* ask("/password/reset", { body: { code, password } })).status, 204)
  const { body } = yield* ask("/sign-in", { body: { email, password } })
  return { email, token: text(body["token"]), userId: text(body["userId"]) }
})

layer(server.pipe(Layer.provide(log)), { timeout: "60 seconds", excludeTestServices: true })("/api/account", (it) => {
  it.effect("a person registers, signs in, is known to every call, and signs out", () =>
    Effect.gen(function*() {
      const { email, token, userId } = yield* newPerson
      assert.deepStrictEqual((yield* ask("/me", { token })).body, {
        userId,
        role: "passenger",
        email,
        secondFactor: false
      })
      assert.strictEqual((yield* call("/api/bookings", { token })).status, 200)
      assert.strictEqual((yield* ask("/sign-out", { token, method: "POST" })).status, 204)
      assert.strictEqual(yield* tagOf("/me", { token }), "401 Unauthorized")
      assert.strictEqual((yield* call("/api/bookings", { token })).status, 401)
    }))

  it.effect("an address in capitals is the same person's", () =>
    Effect.gen(function*() {
      const { email, userId } = yield* newPerson
      const { body } = yield* ask("/sign-in", { body: { email: email.toUpperCase(), password } })
      assert.strictEqual(body["userId"], userId)
    }))

  it.effect("answers are the same for an address with an account and for one without", () =>
    Effect.gen(function*() {
      const { email } = yield* newPerson
      const answers = yield* Effect.forEach([email, yield* newEmail], (tried) =>
        Effect.gen(function*() {
          const mail = yield* ask("/mail-codes", { body: { email: tried } })
          const signIn = yield* ask("/sign-in", { body: { email: tried, password: "incorrect horse battery" } })
          return [mail.status, mail.text, signIn.status, { ...signIn.body, requestId: "" }]
        }))
      assert.deepStrictEqual(answers[0], answers[1])
    }))

  it.effect("signing in again with the old token ends it", () =>
    Effect.gen(function*() {
      const { email, token } = yield* newPerson
      const { body } = yield* ask("/sign-in", { token, body: { email, password } })
      assert.strictEqual(yield* tagOf("/me", { token }), "401 Unauthorized")
      assert.strictEqual((yield* ask("/me", { token: text(body["token"]) })).status, 200)
    }))

  it.effect("signing out everywhere ends every session and token of the person", () =>
    Effect.gen(function*() {
      const { email, token } = yield* newPerson
      const made = yield* ask("/tokens", { token, body: { name: "nightly", role: "passenger", days: 7 } })
      const other = yield* ask("/sign-in", { body: { email, password } })
      const all = [token, text(made.body["token"]), text(other.body["token"])]
      assert.strictEqual((yield* ask("/sign-out-everywhere", { token, method: "POST" })).status, 204)
      assert.deepStrictEqual(
        yield* Effect.forEach(all, (each) => tagOf("/me", { token: each })),
        all.map(() => "401 Unauthorized")
      )
    }))

  it.effect("a program's token is shown once, calls as its holder, and is revoked by its number", () =>
    Effect.gen(function*() {
      const { token } = yield* newPerson
      const made = yield* ask("/tokens", { token, body: { name: "nightly", role: "passenger", days: 7 } })
      const program = text(made.body["token"])
      assert.strictEqual(made.status, 201)
      assert.strictEqual((yield* call("/api/bookings", { token: program })).status, 200)
      assert.notInclude((yield* ask("/tokens", { token })).text, program)
      assert.strictEqual(
        yield* tagOf("/tokens", { token: program, body: { name: "x", role: "passenger", days: 1 } }),
        "403 Forbidden"
      )
      assert.strictEqual(
        yield* tagOf("/tokens", { token, body: { name: "x", role: "agent", days: 1 } }),
        "403 Forbidden"
      )
      const revoke = { token, method: "DELETE" }
      assert.strictEqual((yield* ask(`/tokens/${Number(made.body["id"])}`, revoke)).status, 204)
      assert.strictEqual(yield* tagOf(`/tokens/${Number(made.body["id"])}`, revoke), "404 ProgramTokenNotFound")
      assert.strictEqual((yield* call("/api/bookings", { token: program })).status, 401)
    }))

  it.effect("a second factor is asked for at the next sign-in", () =>
    Effect.gen(function*() {
      const { email, token, userId } = yield* newPerson
      const sql = yield* SqlClient.SqlClient
      const enrolled = yield* ask("/totp", { token, body: { password } })
      assert.match(text(enrolled.body["secret"]), /^[A-Z2-7]{32}$/)
      const rows = yield* sql`
        SELECT encode(secret, 'hex') AS secret, extract(epoch FROM berth_now())::float8 AS seconds
        FROM totp WHERE user_id = ${userId}`
      const step = Math.floor(Number(rows[0]?.["seconds"]) / stepSeconds)
      const code = codeOf(Buffer.from(String(rows[0]?.["secret"]), "hex"), step)
      const confirmed = yield* ask("/totp/confirm", { token, body: { code } })
      const [recovery = ""] = Array.isArray(confirmed.body["recoveryCodes"]) ? confirmed.body["recoveryCodes"] : []
      assert.strictEqual(yield* tagOf("/sign-in", { body: { email, password } }), "401 SecondFactorNeeded")
      assert.strictEqual(yield* tagOf("/sign-in", { body: { email, password, code } }), "401 SignInRefused")
      assert.strictEqual((yield* ask("/sign-in", { body: { email, password, code: text(recovery) } })).status, 200)
    }))

  it.effect("only an admin grants a role, and the next call has it", () =>
    Effect.gen(function*() {
      const { token, userId } = yield* newPerson
      const admin = yield* tokenOf("admin")
      const grant = { method: "PUT", body: { role: "admin" } }
      assert.strictEqual(yield* tagOf(`/roles/${userId}`, { ...grant, token }), "403 Forbidden")
      assert.strictEqual((yield* ask(`/roles/${userId}`, { ...grant, token: admin })).status, 200)
      assert.strictEqual((yield* ask("/me", { token })).body["role"], "admin")
      assert.strictEqual(yield* tagOf("/roles/nobody", { ...grant, token: admin }), "404 AccountNotFound")
    }))

  it.effect("input that is no address, no password or no end is refused before anything is done", () =>
    Effect.gen(function*() {
      const email = yield* newEmail
      const bodies: ReadonlyArray<readonly [string, Schema.Json]> = [
        ["/mail-codes", { email: "ada@example.org\r\nBcc: eve@example.org" }],
        ["/mail-codes", { email: `${"a".repeat(60_000)}@example.org` }],
        ["/sign-in", { email, password: "" }],
        ["/sign-in", { email, password: "x".repeat(513) }],
        ["/sign-in", { email, password: "\ud800 half a letter" }],
        ["/sign-in", { email, password, code: "1".repeat(41) }],
        ["/password/reset", { code: "x".repeat(101), password }]
      ]
      for (const [path, body] of bodies) {
        assert.strictEqual(yield* tagOf(path, { body }), "400 InvalidRequest", JSON.stringify(body).slice(0, 60))
      }
      assert.strictEqual(yield* tagOf("/password", { body: { password, newPassword: password } }), "401 Unauthorized")
    }))

  it.effect("no password and no token is in the log, also where the call fails", () =>
    Effect.gen(function*() {
      const { email, token } = yield* newPerson
      yield* ask("/sign-in", { body: { email, password: "hunter2 hunter2 hunter2" } })
      const url = yield* baseUrl
      yield* Effect.promise(() =>
        fetch(`${url}/api/account/sign-in`, { method: "POST", body: `{"password":"${password}` })
      )
      const all = lines.join("\n")
      for (const secret of [password, "hunter2", token]) assert.notInclude(all, secret)
    }))
})
