import { Schema } from "effect"
import { Problem } from "./Problem.ts"
import { UserId } from "./UserId.ts"

/** One answer for an address without an account, a wrong password and a wrong code. */
export class SignInRefused extends Problem<SignInRefused>()("SignInRefused", 401, "Not signed in", {}) {}

/** The password is right, and the account has a second factor. */
export class SecondFactorNeeded extends Problem<SecondFactorNeeded>()("SecondFactorNeeded", 401, "Code needed", {}) {}

export class PasswordWrong extends Problem<PasswordWrong>()("PasswordWrong", 403, "Wrong password", {}) {}

/** A new password that is too easily guessed, or too long. */
export class PasswordRefused extends Problem<PasswordRefused>()("PasswordRefused", 422, "Password not taken", {
  reason: Schema.Literals(["short", "long", "common"])
}) {}

/** A code from a mail that was used, has run out or never was. */
export class MailCodeRefused extends Problem<MailCodeRefused>()("MailCodeRefused", 410, "Code not valid", {}) {}

export class SecondFactorRefused
  extends Problem<SecondFactorRefused>()("SecondFactorRefused", 403, "Second factor not valid", {})
{}

/** The account has a second factor already, or none where one is needed. */
export class SecondFactorConflict extends Problem<SecondFactorConflict>()("SecondFactorConflict", 409, "Not now", {}) {}

export class TooManyProgramTokens
  extends Problem<TooManyProgramTokens>()("TooManyProgramTokens", 409, "Too many tokens", {
    tokensMax: Schema.Int
  })
{}

export class ProgramTokenNotFound
  extends Problem<ProgramTokenNotFound>()("ProgramTokenNotFound", 404, "No such token", { id: Schema.Int })
{}

export class AccountNotFound extends Problem<AccountNotFound>()("AccountNotFound", 404, "No such account", {
  userId: UserId
}) {}
