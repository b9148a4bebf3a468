import { Context } from "effect"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import type { Role } from "./Auth.ts"
import { Unauthorized } from "./RequestErrors.ts"
import { RateLimited, StoreUnavailable } from "./ServiceErrors.ts"
import type { UserId } from "./UserId.ts"

/** Who is calling, and by which token. */
export class CurrentSession extends Context.Service<CurrentSession, {
  readonly userId: UserId
  readonly role: Role
  readonly sessionId: number
  /** Whether a person signed in, or a program holds a token. */
  readonly kind: "session" | "token"
}>()("@berth/domain/AccountAuth/CurrentSession") {}

/** The bearer token of a call about the caller's own account. */
export class AccountAuth extends HttpApiMiddleware.Service<AccountAuth, { provides: CurrentSession }>()(
  "@berth/domain/AccountAuth",
  { security: { bearer: HttpApiSecurity.bearer }, error: [Unauthorized, RateLimited, StoreUnavailable] }
) {}
