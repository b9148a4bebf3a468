import type { SignedIn } from "@berth/domain/Account"
import { MailCodeRefused, type PasswordRefused, SecondFactorNeeded, SignInRefused } from "@berth/domain/AccountErrors"
import type { EmailAddress } from "@berth/domain/EmailAddress"
import type { RateLimited, StoreUnavailable } from "@berth/domain/ServiceErrors"
import { UserId } from "@berth/domain/UserId"
import { Context, DateTime, Effect, Layer, Option, type Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { randomBytes } from "node:crypto"
import { fromStore } from "../ledger/LedgerError.ts"
import { accountRows, type Credentials } from "./AccountRows.ts"
import type { Guessing } from "./Accounts.ts"
import { AttemptLimits } from "./AttemptLimits.ts"
import { Mail } from "./Mail.ts"
import { mailCodeMessage } from "./MailTexts.ts"
import { PasswordHashing } from "./PasswordHashing.ts"
import { normalisedPassword, passwordFlaw } from "./PasswordRules.ts"
import { SecondFactors } from "./SecondFactors.ts"
import { makeSecret, secretHash } from "./SecretText.ts"
import { Sessions } from "./Sessions.ts"

/** Where a call came from; none where the server cannot tell. */
type Address = string | undefined

/**
 * Ways into an account. Nothing here tells whether an address has one: answers, the work done for them and their number
 * are the same, and only the mailbox learns more.
 */
export class SigningIn extends Context.Service<SigningIn, {
  /** Sends an address a code by which its reader chooses a password, of a new account or of the one there is. */
  sendMailCode(email: EmailAddress, address: Address): Effect.Effect<void, RateLimited | StoreUnavailable>
  /** Sets a password by such a code, ends every session and token that the account had, and answers whose it is. */
  resetPassword(options: {
    readonly code: Redacted.Redacted
    readonly password: Redacted.Redacted
    readonly address: Address
  }): Effect.Effect<UserId, MailCodeRefused | PasswordRefused | Guessing>
  signIn(options: {
    readonly email: EmailAddress
    readonly password: Redacted.Redacted
    readonly code: Redacted.Redacted | undefined
    readonly address: Address
    /** The caller's session until now; it ends. */
    readonly replaces: Redacted.Redacted | undefined
  }): Effect.Effect<SignedIn, SignInRefused | SecondFactorNeeded | Guessing>
}>()("@berth/engine/accounts/SigningIn") {
  static readonly layer = Layer.effect(SigningIn, Effect.suspend(() => make))
}

const signInRefused = new SignInRefused({
  detail: "Address, password or code is not right. POST /api/account/mail-codes sends a code to choose a password."
})

const secondFactorNeeded = new SecondFactorNeeded({
  detail: "This account has a second factor. Send the code of its authenticator, or a recovery code, as code."
})

const mailCodeRefused = new MailCodeRefused({
  detail: "The code was used, has run out or never was. POST /api/account/mail-codes sends another."
})

/** A new person's id: it says nothing, and is no address. */
const newUserId = Effect.sync(() => UserId.make(`u-${randomBytes(12).toString("hex")}`))

const noCredentials = { userId: null, passwordHash: null } as const

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = accountRows(sql)
  const hashing = yield* PasswordHashing
  const sessions = yield* Sessions
  const factors = yield* SecondFactors
  const limits = yield* AttemptLimits
  const mail = yield* Mail

  const fromAddress = (kind: "address" | "mailer", address: Address) =>
    address === undefined ? Effect.void : limits.take(kind, address)

  const sendMailCode = Effect.fn("SigningIn.sendMailCode")(function*(email: EmailAddress, address: Address) {
    yield* fromAddress("mailer", address)
    yield* limits.take("mailbox", email)
    const code = yield* makeSecret("")
    const { known } = yield* rows.addMailCode({ email, hash: secretHash(code) }).pipe(
      Effect.catchTag("NoSuchElementError", Effect.die),
      fromStore
    )
    yield* mail.send(mailCodeMessage(email, code, known))
  })

  const putPassword = Effect.fnUntraced(function*(email: EmailAddress, codeHash: string, passwordHash: string) {
    const used = yield* rows.useMailCode(email)
    if (!used.some(({ hash }) => hash === codeHash)) {
      return yield* mailCodeRefused
    }
    const { userId } = yield* rows.putPassword({ userId: yield* newUserId, email, passwordHash }).pipe(
      Effect.catchTag("NoSuchElementError", Effect.die)
    )
    yield* sessions.endAll(userId)
    return userId
  })

  /** Begins the session of somebody whose password was right a moment ago, if the second factor is right too. */
  const begin = Effect.fnUntraced(function*(
    credentials: { readonly userId: UserId; readonly passwordHash: string },
    given: { readonly code: Redacted.Redacted | undefined; readonly replaces: Redacted.Redacted | undefined }
  ) {
    const account = yield* rows.lock(credentials)
    if (Option.isNone(account)) {
      return yield* signInRefused
    }
    const { role, userId } = account.value
    const spent = yield* factors.spend(userId, given.code)
    if (spent === "needed" || spent === "refused") {
      return yield* spent === "needed" ? secondFactorNeeded : signInRefused
    }
    const token = yield* makeSecret("berth_")
    const expiresAt = yield* sessions.begin({ userId, token, replaces: given.replaces })
    return { token, userId, role, expiresAt: DateTime.makeUnsafe(expiresAt) }
  })

  return SigningIn.of({
    sendMailCode,
    resetPassword: Effect.fn("SigningIn.resetPassword")(function*({ address, code, password }) {
      yield* fromAddress("address", address)
      const codeHash = secretHash(code)
      const found = yield* fromStore(rows.readMailCode(codeHash))
      if (Option.isNone(found)) {
        return yield* mailCodeRefused
      }
      const { email } = found.value
      const wanted = normalisedPassword(password)
      const flaw = passwordFlaw(wanted, email)
      if (flaw !== undefined) {
        return yield* flaw
      }
      const passwordHash = yield* hashing.hash(wanted)
      return yield* fromStore(sql.withTransaction(putPassword(email, codeHash, passwordHash)))
    }),
    signIn: Effect.fn("SigningIn.signIn")(function*({ address, email, password, ...given }) {
      yield* fromAddress("address", address)
      yield* limits.take("account", email)
      const found = yield* fromStore(rows.byEmail(email))
      const { passwordHash, userId }: Credentials | typeof noCredentials = Option.getOrElse(found, () => noCredentials)
      const right = yield* hashing.matches(normalisedPassword(password), passwordHash)
      if (!right || userId === null || passwordHash === null) {
        return yield* signInRefused
      }
      return yield* fromStore(sql.withTransaction(begin({ userId, passwordHash }, given)))
    })
  })
})
