import { Context, Schema } from "effect"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import { RpcMiddleware } from "effect/rpc"
import { Forbidden, Unauthorized } from "./RequestErrors.ts"
import { RateLimited, StoreUnavailable } from "./ServiceErrors.ts"
import type { UserId } from "./UserId.ts"

export const Role = Schema.Literals(["passenger", "agent", "clerk", "operator", "admin"]).annotate({
  identifier: "Role"
})
export type Role = typeof Role.Type

/** Who is calling. */
export class CurrentUser extends Context.Service<CurrentUser, {
  readonly userId: UserId
  readonly role: Role
}>()("@berth/domain/Auth/CurrentUser") {}

const errors = [Unauthorized, RateLimited, StoreUnavailable] as const

/** A bearer token in the `Authorization` header of an HTTP call. */
export class HttpAuth extends HttpApiMiddleware.Service<HttpAuth, { provides: CurrentUser }>()(
  "@berth/domain/Auth/HttpAuth",
  { security: { bearer: HttpApiSecurity.bearer }, error: errors, requiredForClient: true }
) {}

/** The same header on a remote call. */
export class RpcAuth extends RpcMiddleware.Service<RpcAuth, { provides: CurrentUser }>()(
  "@berth/domain/Auth/RpcAuth",
  { error: Schema.Union(errors), requiredForClient: true }
) {}

export const forbidden = (user: { readonly userId: UserId }, what: string): Forbidden =>
  new Forbidden({ userId: user.userId, detail: `${user.userId} may not ${what}.` })
