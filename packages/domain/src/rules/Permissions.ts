import { Effect } from "effect"
import { type CurrentUser, forbidden, type Role } from "../Auth.ts"
import type { Forbidden } from "../RequestErrors.ts"

/**
 * Who may do what beside booking for themselves, which everybody may who is signed in. A clerk serves at a counter, an
 * operator runs trains and may do what a clerk may; an agent books in their own name, as a passenger does.
 */
const permissions = {
  "book for others": ["clerk", "operator", "admin"],
  "see and cancel any booking": ["clerk", "operator", "admin"],
  "search bookings, trains and runs": ["clerk", "operator", "admin"],
  "edit seat configurations": ["operator", "admin"],
  "hear of every booking": ["operator", "admin"],
  "close runs for sale": ["operator", "admin"],
  "export and erase anybody's data": ["admin"],
  "read the audit trail": ["admin"],
  "call without limit": ["admin"]
} as const satisfies Readonly<Record<string, ReadonlyArray<Role>>>

export type Permission = keyof typeof permissions

/** Whether somebody of this role may do it. */
export const may = ({ role }: { readonly role: Role }, permission: Permission): boolean =>
  permissions[permission].some((allowed) => allowed === role)

/** Goes on where somebody may do it. */
export const permitted = (user: CurrentUser["Service"], permission: Permission): Effect.Effect<void, Forbidden> =>
  may(user, permission) ? Effect.void : Effect.fail(forbidden(user, permission))

/** Calls that one person may make in a row, and in each minute after. Passengers are promised 120. */
export const callsPerMinuteMax: Readonly<Record<Role, number>> = {
  passenger: 120,
  agent: 120,
  clerk: 600,
  operator: 600,
  admin: Infinity
}
