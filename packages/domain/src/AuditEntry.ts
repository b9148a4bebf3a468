import { Schema } from "effect"
import { UserId } from "./UserId.ts"

/** What leaves a trail. */
export const AuditAction = Schema.Literals([
  "replace seat configuration",
  "set repack",
  "close run",
  "open run",
  "book for another",
  "cancel for another",
  "see booking",
  "search bookings",
  "export personal data",
  "erase personal data",
  "grant role",
  "add webhook",
  "remove webhook"
]).annotate({ identifier: "AuditAction" })
export type AuditAction = typeof AuditAction.Type

export const AuditEntry = Schema.Struct({
  id: Schema.Int,
  /** Instant, ISO 8601, UTC. */
  at: Schema.String,
  /** Who did it. */
  userId: UserId,
  action: AuditAction,
  /** To what: a train, `train date`, a PNR, a person. */
  subject: Schema.String,
  details: Schema.Json
}).annotate({ identifier: "AuditEntry" })
export type AuditEntry = typeof AuditEntry.Type

export const AuditPage = Schema.Struct({
  entries: Schema.Array(AuditEntry),
  /** Send it back as `cursor` for the next page; absent on the last. */
  nextCursor: Schema.optionalKey(Schema.Int)
}).annotate({ identifier: "AuditPage" })
export type AuditPage = typeof AuditPage.Type
