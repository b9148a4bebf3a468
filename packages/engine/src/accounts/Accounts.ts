import type { Account, RecoveryCodes, TotpSecret } from "@berth/domain/Account"
import { AccountNotFound, PasswordWrong, SecondFactorRefused } from "@berth/domain/AccountErrors"
import type { PasswordRefused, SecondFactorConflict } from "@berth/domain/AccountErrors"
import { forbidden, type Role } from "@berth/domain/Auth"
import { Forbidden } from "@berth/domain/RequestErrors"
import type { Overloaded, RateLimited, StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { UserId } from "@berth/domain/UserId"
import { Context, Effect, Layer, Option, type Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { AuditTrail } from "../ledger/AuditTrail.ts"
import { fromStore } from "../ledger/LedgerError.ts"
import { accountRows } from "./AccountRows.ts"
import { AttemptLimits } from "./AttemptLimits.ts"
import { Mail } from "./Mail.ts"
import { passwordChangedMessage } from "./MailTexts.ts"
import { PasswordHashing } from "./PasswordHashing.ts"
import { normalisedPassword, passwordFlaw } from "./PasswordRules.ts"
import { SecondFactors } from "./SecondFactors.ts"
import { type Holder, Sessions } from "./Sessions.ts"

/** What any call that tries a password or a code may come to. */
export type Guessing = RateLimited | Overloaded | StoreUnavailable

/** What people who are signed in do with their accounts. Whatever weakens an account asks for its password again. */
export class Accounts extends Context.Service<Accounts, {
  read(userId: UserId): Effect.Effect<Account, StoreUnavailable>
  /** Sets a new password and ends the person's other sessions. */
  changePassword(
    holder: Holder,
    passwords: { readonly password: Redacted.Redacted; readonly newPassword: Redacted.Redacted }
  ): Effect.Effect<void, Forbidden | PasswordWrong | PasswordRefused | Guessing>
  enrolTotp(
    holder: Holder,
    password: Redacted.Redacted
  ): Effect.Effect<TotpSecret, Forbidden | PasswordWrong | SecondFactorConflict | Guessing>
  confirmTotp(
    holder: Holder,
    code: Redacted.Redacted
  ): Effect.Effect<
    RecoveryCodes,
    Forbidden | SecondFactorRefused | SecondFactorConflict | RateLimited | StoreUnavailable
  >
  removeTotp(
    holder: Holder,
    given: { readonly password: Redacted.Redacted; readonly code: Redacted.Redacted }
  ): Effect.Effect<void, Forbidden | PasswordWrong | SecondFactorRefused | Guessing>
  /** For admins, and not for their own role: there is always one left. */
  grantRole(
    holder: Holder,
    grant: { readonly userId: UserId; readonly role: Role }
  ): Effect.Effect<Account, Forbidden | AccountNotFound | StoreUnavailable>
}>()("@berth/engine/accounts/Accounts") {
  static readonly layer = Layer.effect(Accounts, Effect.suspend(() => make))
}

const passwordWrong = new PasswordWrong({
  detail: "The password is not the account's. Try again, or ask for a new one by POST /api/account/mail-codes."
})

const codeRefused = new SecondFactorRefused({
  detail: "The code is not valid now, or was used before. Wait for the next one."
})

const noSuchAccount = (userId: UserId) =>
  new AccountNotFound({
    userId,
    detail: `There is no account ${userId}. GET /api/account/me tells a person's own id.`
  })

/** A program may use an account, not change how one gets into it. */
const requirePerson = ({ kind, userId }: Holder) =>
  kind === "session"
    ? Effect.void
    : Effect.fail(new Forbidden({ userId, detail: "A program may not do this. Sign in with the password first." }))

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = accountRows(sql)
  const hashing = yield* PasswordHashing
  const sessions = yield* Sessions
  const factors = yield* SecondFactors
  const limits = yield* AttemptLimits
  const mail = yield* Mail
  const trail = yield* AuditTrail

  /** The account of a person who knows its password; attempts are counted before anything is hashed. */
  const proven = Effect.fnUntraced(function*(holder: Holder, password: Redacted.Redacted) {
    yield* requirePerson(holder)
    yield* limits.take("account", holder.userId)
    const found = yield* fromStore(rows.byUser(holder.userId))
    const { email, passwordHash } = Option.getOrElse(found, () => ({ email: null, passwordHash: null }))
    const right = yield* hashing.matches(normalisedPassword(password), passwordHash)
    if (!right || email === null || passwordHash === null) {
      return yield* passwordWrong
    }
    return { email, passwordHash, userId: holder.userId }
  })

  return Accounts.of({
    read: Effect.fn("Accounts.read")(function*(userId) {
      const found = yield* fromStore(rows.account(userId))
      return Option.isSome(found) ? found.value : yield* Effect.die(noSuchAccount(userId))
    }),
    changePassword: Effect.fn("Accounts.changePassword")(function*(holder, { newPassword, password }) {
      const account = yield* proven(holder, password)
      const wanted = normalisedPassword(newPassword)
      const flaw = passwordFlaw(wanted, account.email)
      if (flaw !== undefined) {
        return yield* flaw
      }
      const passwordHash = yield* hashing.hash(wanted)
      const changed = yield* fromStore(sql.withTransaction(Effect.gen(function*() {
        // Whoever changed it in between knew a password that is gone.
        if (Option.isNone(yield* rows.lock(account))) {
          return false
        }
        yield* rows.setPassword({ userId: account.userId, passwordHash })
        yield* sessions.endOthers(holder)
        return true
      })))
      if (!changed) {
        return yield* passwordWrong
      }
      yield* mail.send(passwordChangedMessage(account.email))
    }),
    enrolTotp: Effect.fn("Accounts.enrolTotp")(function*(holder, password) {
      const { email, userId } = yield* proven(holder, password)
      return yield* factors.enrol(userId, email)
    }),
    confirmTotp: Effect.fn("Accounts.confirmTotp")(function*(holder, code) {
      yield* requirePerson(holder)
      yield* limits.take("account", holder.userId)
      return yield* factors.confirm(holder.userId, code)
    }),
    removeTotp: Effect.fn("Accounts.removeTotp")(function*(holder, { code, password }) {
      const { userId } = yield* proven(holder, password)
      if ((yield* factors.spend(userId, code)) === "refused") {
        return yield* codeRefused
      }
      yield* factors.remove(userId)
    }),
    grantRole: Effect.fn("Accounts.grantRole")(function*(holder, grant) {
      if (holder.role !== "admin") {
        return yield* forbidden(holder, "grant roles")
      }
      if (grant.userId === holder.userId) {
        return yield* new Forbidden({ userId: holder.userId, detail: "Another admin has to change your own role." })
      }
      return yield* fromStore(sql.withTransaction(Effect.gen(function*() {
        const account = yield* rows.setRole(grant)
        if (Option.isNone(account)) {
          return yield* noSuchAccount(grant.userId)
        }
        yield* trail.note({
          userId: holder.userId,
          action: "grant role",
          subject: grant.userId,
          details: { role: grant.role }
        })
        return account.value
      })))
    })
  })
})
