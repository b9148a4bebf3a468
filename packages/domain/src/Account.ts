import { Schema } from "effect"
import { Role } from "./Auth.ts"
import { EmailAddress } from "./EmailAddress.ts"
import { PersonName } from "./PersonName.ts"
import { UserId } from "./UserId.ts"

/** Longest text taken where a password is expected, in UTF-16 units; what a password may be is decided after it. */
export const passwordUnitsMax = 512

/** Longest life of a program's token, days. */
export const programTokenDaysMax = 365

const secret = (label: string, lengthMax: number) =>
  Schema.RedactedFromValue(
    Schema.String.check(
      Schema.isMinLength(1),
      Schema.isMaxLength(lengthMax),
      Schema.makeFilter((text) => text.isWellFormed() ? undefined : "Expected well-formed Unicode")
    ),
    { label }
  )

export const Password = secret("password", passwordUnitsMax)

/** A code from a mail. */
export const MailCode = secret("code", 100)

/** The six digits that an authenticator shows, or a recovery code. */
export const SecondFactorCode = secret("code", 40)

/** A secret that an answer shows once. */
const Shown = Schema.RedactedFromValue(Schema.String)

export const MailCodeRequest = Schema.Struct({ email: EmailAddress })

export const PasswordReset = Schema.Struct({ code: MailCode, password: Password })

export const SignIn = Schema.Struct({
  email: EmailAddress,
  password: Password,
  /** Needed where the account has a second factor. */
  code: Schema.optionalKey(SecondFactorCode)
})

export const SignedIn = Schema.Struct({
  token: Shown,
  userId: UserId,
  role: Role,
  expiresAt: Schema.DateTimeUtcFromString
}).annotate({ identifier: "SignedIn" })
export type SignedIn = typeof SignedIn.Type

export const Account = Schema.Struct({
  userId: UserId,
  role: Role,
  /** Absent where the account has tokens only. */
  email: Schema.NullOr(EmailAddress),
  secondFactor: Schema.Boolean
}).annotate({ identifier: "Account" })
export type Account = typeof Account.Type

export const PasswordChange = Schema.Struct({ password: Password, newPassword: Password })

export const TotpEnrolment = Schema.Struct({ password: Password })

export const TotpSecret = Schema.Struct({
  /** Base32, for typing into an authenticator. */
  secret: Shown,
  /** The same as an `otpauth:` address, for a QR code. */
  uri: Shown
}).annotate({ identifier: "TotpSecret" })
export type TotpSecret = typeof TotpSecret.Type

export const TotpConfirmation = Schema.Struct({ code: SecondFactorCode })

export const RecoveryCodes = Schema.Struct({ recoveryCodes: Schema.Array(Shown) }).annotate({
  identifier: "RecoveryCodes"
})
export type RecoveryCodes = typeof RecoveryCodes.Type

export const TotpRemoval = Schema.Struct({ password: Password, code: SecondFactorCode })

/** Names a program's token, so that it can be revoked; it is no secret. */
export const ProgramTokenId = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }))

const program = {
  /** What the token is for. */
  name: PersonName,
  /** What it may do: nothing that its holder may not, even after the holder's role was lowered. */
  role: Role
}

export const NewProgramToken = Schema.Struct({
  ...program,
  days: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: programTokenDaysMax }))
})
export type NewProgramToken = typeof NewProgramToken.Type

const listed = {
  id: ProgramTokenId,
  ...program,
  createdAt: Schema.DateTimeUtcFromString,
  expiresAt: Schema.DateTimeUtcFromString,
  /** When it was last used, to five minutes. */
  seenAt: Schema.DateTimeUtcFromString
}

export const ProgramToken = Schema.Struct(listed).annotate({ identifier: "ProgramToken" })
export type ProgramToken = typeof ProgramToken.Type

export const ProgramTokenList = Schema.Struct({ tokens: Schema.Array(ProgramToken) }).annotate({
  identifier: "ProgramTokenList"
})

export const ProgramTokenMade = Schema.Struct({ ...listed, token: Shown }).annotate({ identifier: "ProgramTokenMade" })
export type ProgramTokenMade = typeof ProgramTokenMade.Type

export const RoleGrant = Schema.Struct({ role: Role })
