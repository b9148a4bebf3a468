import { EmailAddress } from "@berth/domain/EmailAddress"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { createHash, randomUUID } from "node:crypto"
import { Accounts } from "../../src/accounts/Accounts.ts"
import { AttemptLimits } from "../../src/accounts/AttemptLimits.ts"
import { Mail, type Message } from "../../src/accounts/Mail.ts"
import { Argon2, PasswordHashing } from "../../src/accounts/PasswordHashing.ts"
import { ProgramTokens } from "../../src/accounts/ProgramTokens.ts"
import { SecondFactors } from "../../src/accounts/SecondFactors.ts"
import { secretHash } from "../../src/accounts/SecretText.ts"
import { type Holder, Sessions } from "../../src/accounts/Sessions.ts"
import { SigningIn } from "../../src/accounts/SigningIn.ts"
import { AuditTrail } from "../../src/ledger/AuditTrail.ts"
import { managedRedis } from "../inventory/RedisForTests.ts"
import { database } from "../TestEngine.ts"

/** Calls of the hash function so far, of every kind, and what happens while the next password is compared. */
export const hashed: { calls: number; meanwhile: () => Promise<unknown> } = {
  calls: 0,
  meanwhile: () => Promise.resolve()
}

/** Mails sent so far. */
export const mails: Array<Message> = []

const digest = (password: string) => `$argon2id$quick$${createHash("sha256").update(password).digest("base64")}`

/** As argon2 to its callers, and a thousand times as quick; argon2 has tests of its own. */
const quickArgon2 = Layer.succeed(Argon2, {
  hash: (password) => {
    hashed.calls++
    return Promise.resolve(digest(password))
  },
  verify: (hash, password) => {
    hashed.calls++
    return hashed.meanwhile().then(() => hash === digest(password))
  }
})

const mail = Layer.succeed(Mail, { send: (message) => Effect.sync(() => void mails.push(message)) })

/** Accounts over stores of their own. */
export const accounts = Layer.merge(Accounts.layer, SigningIn.layer).pipe(
  Layer.provideMerge(Layer.mergeAll(Sessions.layer, ProgramTokens.layer, SecondFactors.layer, AuditTrail.layer)),
  Layer.provideMerge(Layer.mergeAll(AttemptLimits.layer, PasswordHashing.layer.pipe(Layer.provide(quickArgon2)), mail)),
  Layer.provideMerge(Layer.merge(database, managedRedis))
)

export const password = Redacted.make("correct horse battery")
export const newPassword = Redacted.make("staple after staple")

export const newEmail = Effect.sync(() => EmailAddress.make(`${randomUUID()}@example.org`))

export const codeIn = ({ text }: Message): Redacted.Redacted =>
  Redacted.make(/^[\w-]{43}$/m.exec(Redacted.value(text))?.[0] ?? "")

/** The code of the last mail to an address. */
export const mailedCode = (email: EmailAddress) =>
  Effect.map(Effect.fromNullishOr(mails.findLast(({ to }) => to === email)), codeIn)

export const choosePassword = Effect.fnUntraced(function*(email: EmailAddress, chosen: Redacted.Redacted) {
  const signingIn = yield* SigningIn
  yield* signingIn.sendMailCode(email, undefined)
  yield* signingIn.resetPassword({ code: yield* mailedCode(email), password: chosen, address: undefined })
})

interface Given {
  readonly password?: Redacted.Redacted
  readonly code?: string | undefined
  readonly replaces?: Redacted.Redacted
  readonly address?: string
}

export const signIn = Effect.fnUntraced(function*(email: EmailAddress, given: Given = {}) {
  return yield* (yield* SigningIn).signIn({
    email,
    password: given.password ?? password,
    code: given.code === undefined ? undefined : Redacted.make(given.code),
    address: given.address,
    replaces: given.replaces
  })
})

/** Who holds a token now, as a server that has not asked before learns it. */
export const holderOf = Effect.fnUntraced(function*(token: Redacted.Redacted) {
  return yield* (yield* Sessions).holder(secretHash(token))
})

export const holder = (token: Redacted.Redacted) => Effect.flatMap(holderOf(token), (found) => Effect.fromOption(found))

/** Somebody new, signed in. */
export const newPerson = Effect.gen(function*() {
  const email = yield* newEmail
  yield* choosePassword(email, password)
  const { token } = yield* signIn(email)
  const person: { email: EmailAddress; token: Redacted.Redacted; holder: Holder } = {
    email,
    token,
    holder: yield* holder(token)
  }
  return person
})

/** Moves the stores' time on, for whoever asks PostgreSQL. */
export const timePasses = Effect.fnUntraced(function*(interval: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE store_clock SET shift = shift + ${interval}::text::interval`
})
