import { Role } from "./Auth.ts"

const rank = (role: Role): number => Role.literals.indexOf(role)

/** Whether a role may do nothing that the other may not; each of passenger, agent, clerk, operator, admin includes those before. */
export const isNotAbove = (role: Role, other: Role): boolean => rank(role) <= rank(other)

/** The lesser of two roles. */
export const lesserRole = (one: Role, other: Role): Role => isNotAbove(one, other) ? one : other
