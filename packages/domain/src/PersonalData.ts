import { Schema } from "effect"
import { AuditAction } from "./AuditEntry.ts"
import { Role } from "./Auth.ts"
import { Booking } from "./Booking.ts"
import { BookingCursor } from "./BookingCursor.ts"
import { Money } from "./Money.ts"
import { Pnr } from "./Pnr.ts"
import { Problem } from "./Problem.ts"
import { UserId } from "./UserId.ts"
import { WebhookScope } from "./Webhook.ts"

const Instant = Schema.String

/**
 * What is held on a person, a page at a time: the lists of all pages together are all of it, and nothing is in two of
 * them. Most people have no more than one page.
 */
export const PersonalData = Schema.Struct({
  userId: UserId,
  account: Schema.NullOr(Schema.Struct({
    role: Role,
    /** None where the person only ever had tokens. */
    email: Schema.NullOr(Schema.String),
    secondFactor: Schema.Boolean,
    createdAt: Instant,
    erasedAt: Schema.NullOr(Instant)
  })),
  /** Where the person is signed in; the tokens themselves are not kept. */
  sessions: Schema.Array(Schema.Struct({ createdAt: Instant, expiresAt: Instant })),
  /** Who is called when something happens to the bookings; the secrets are not read. */
  webhooks: Schema.Array(Schema.Struct({ url: Schema.String, scope: WebhookScope, createdAt: Instant })),
  /** Newest first, with their payments, refunds and keys. */
  bookings: Schema.Array(Booking),
  payments: Schema.Array(Schema.Struct({ pnr: Pnr, amount: Money, state: Schema.String, createdAt: Instant })),
  refunds: Schema.Array(Schema.Struct({ pnr: Pnr, passenger: Schema.Int, amount: Money, createdAt: Instant })),
  /** Idempotency keys of the bookings, kept as hashes only. */
  keys: Schema.Array(Schema.Struct({ pnr: Pnr, createdAt: Instant })),
  /** The latest that the person did as staff and that staff did with the person's data, and with these bookings. */
  audit: Schema.Array(Schema.Struct({
    at: Instant,
    action: AuditAction,
    subject: Schema.String,
    byStaff: Schema.Boolean
  })),
  /** Send it back as `cursor` for the next page; absent on the last. */
  nextCursor: Schema.optionalKey(BookingCursor)
}).annotate({ identifier: "PersonalData" })
export type PersonalData = typeof PersonalData.Type

/** What was erased. Bookings stay, without names, for the railway's and the tax office's books. */
export const Erasure = Schema.Struct({
  userId: UserId,
  erasedAt: Instant,
  /** Passengers whose names were replaced. */
  passengers: Schema.Int,
  /** Tokens that were ended. */
  sessions: Schema.Int
}).annotate({ identifier: "Erasure" })
export type Erasure = typeof Erasure.Type

/** Somebody still has to travel on a booking of the person, and a chart needs a name. */
export class JourneysAhead extends Problem<JourneysAhead>()("JourneysAhead", 409, "Journeys ahead", {
  /** The first of them. */
  pnrs: Schema.Array(Pnr)
}) {}

export class PersonNotFound extends Problem<PersonNotFound>()("PersonNotFound", 404, "Person not found", {
  userId: UserId
}) {}
