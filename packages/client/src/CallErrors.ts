import type { bookErrors, cancelErrors, payErrors, runErrors } from "@berth/domain/BerthApi"
import type { Forbidden, InvalidRequest, Unauthorized } from "@berth/domain/RequestErrors"
import type { Overloaded, RateLimited, StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { ConnectionFailed } from "./ConnectionFailed.ts"

/** What may come of any call, because it comes before the call is looked at. */
export type CallError = InvalidRequest | RateLimited | Overloaded | StoreUnavailable | ConnectionFailed

/** What may come of a call that needs a token. */
export type PersonalError = CallError | Unauthorized

/** What may come of a call of somebody who runs the railway. */
export type AdminError = PersonalError | Forbidden

/** What may come of asking for a run that is on sale. */
export type RunError = CallError | (typeof runErrors)[number]["Type"]

export type BookError = PersonalError | (typeof bookErrors)[number]["Type"]

export type CancelError = PersonalError | (typeof cancelErrors)[number]["Type"]

export type PayError = PersonalError | (typeof payErrors)[number]["Type"]
