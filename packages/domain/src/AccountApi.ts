import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import {
  Account,
  MailCodeRequest,
  NewProgramToken,
  PasswordChange,
  PasswordReset,
  ProgramTokenId,
  ProgramTokenList,
  ProgramTokenMade,
  RecoveryCodes,
  RoleGrant,
  SignedIn,
  SignIn,
  TotpConfirmation,
  TotpEnrolment,
  TotpRemoval,
  TotpSecret
} from "./Account.ts"
import { AccountAuth } from "./AccountAuth.ts"
import {
  AccountNotFound,
  MailCodeRefused,
  PasswordRefused,
  PasswordWrong,
  ProgramTokenNotFound,
  SecondFactorConflict,
  SecondFactorNeeded,
  SecondFactorRefused,
  SignInRefused,
  TooManyProgramTokens
} from "./AccountErrors.ts"
import { Forbidden } from "./RequestErrors.ts"
import { Overloaded, RateLimited, StoreUnavailable } from "./ServiceErrors.ts"
import { UserId } from "./UserId.ts"

const guessing = [RateLimited, Overloaded, StoreUnavailable] as const

const NoContent = HttpApiSchema.NoContent

/** Getting in: nobody needs a token for these. */
export class SignInApi extends HttpApiGroup.make("signIn").add(
  // Registers and resets alike: whoever can read the address's mail chooses its password.
  HttpApiEndpoint.post("mailCode", "/mail-codes", {
    payload: MailCodeRequest,
    success: HttpApiSchema.Accepted,
    error: [RateLimited, StoreUnavailable]
  }),
  HttpApiEndpoint.post("resetPassword", "/password/reset", {
    payload: PasswordReset,
    success: NoContent,
    error: [MailCodeRefused, PasswordRefused, ...guessing]
  }),
  HttpApiEndpoint.post("signIn", "/sign-in", {
    payload: SignIn,
    success: SignedIn,
    error: [SignInRefused, SecondFactorNeeded, ...guessing]
  })
).prefix("/api/account") {}

/** A person's own account, and the roles that admins grant. */
export class AccountApi extends HttpApiGroup.make("account").add(
  HttpApiEndpoint.get("account", "/me", { success: Account, error: StoreUnavailable }),
  HttpApiEndpoint.post("signOut", "/sign-out", { success: NoContent, error: StoreUnavailable }),
  HttpApiEndpoint.post("signOutEverywhere", "/sign-out-everywhere", { success: NoContent, error: StoreUnavailable }),
  HttpApiEndpoint.post("changePassword", "/password", {
    payload: PasswordChange,
    success: NoContent,
    error: [Forbidden, PasswordWrong, PasswordRefused, ...guessing]
  }),
  HttpApiEndpoint.post("enrolTotp", "/totp", {
    payload: TotpEnrolment,
    success: TotpSecret,
    error: [Forbidden, PasswordWrong, SecondFactorConflict, ...guessing]
  }),
  HttpApiEndpoint.post("confirmTotp", "/totp/confirm", {
    payload: TotpConfirmation,
    success: RecoveryCodes,
    error: [Forbidden, SecondFactorRefused, SecondFactorConflict, RateLimited, StoreUnavailable]
  }),
  HttpApiEndpoint.post("removeTotp", "/totp/remove", {
    payload: TotpRemoval,
    success: NoContent,
    error: [Forbidden, PasswordWrong, SecondFactorRefused, SecondFactorConflict, ...guessing]
  }),
  HttpApiEndpoint.get("programTokens", "/tokens", { success: ProgramTokenList, error: StoreUnavailable }),
  HttpApiEndpoint.post("makeProgramToken", "/tokens", {
    payload: NewProgramToken,
    success: ProgramTokenMade.pipe(HttpApiSchema.status(201)),
    error: [Forbidden, TooManyProgramTokens, StoreUnavailable]
  }),
  HttpApiEndpoint.delete("revokeProgramToken", "/tokens/:id", {
    params: { id: ProgramTokenId },
    success: NoContent,
    error: [ProgramTokenNotFound, StoreUnavailable]
  }),
  HttpApiEndpoint.put("grantRole", "/roles/:userId", {
    params: { userId: UserId },
    payload: RoleGrant,
    success: Account,
    error: [Forbidden, AccountNotFound, StoreUnavailable]
  })
).prefix("/api/account").middleware(AccountAuth) {}
