import { Schema } from "effect"
import { JourneyDate } from "./JourneyDate.ts"
import { Money } from "./Money.ts"
import { Passenger, PassengerStatus } from "./Passenger.ts"
import { Pnr } from "./Pnr.ts"
import { Quota } from "./Quota.ts"
import { StationCode } from "./StationCode.ts"
import { TrainId } from "./TrainId.ts"
import { TravelClass } from "./TravelClass.ts"
import { UserId } from "./UserId.ts"

export const BookingStatus = Schema.Literals([...PassengerStatus.literals, "HELD"]).annotate({
  identifier: "BookingStatus"
})
export type BookingStatus = typeof BookingStatus.Type

/** A booking as it stands; `status` is the best of its passengers', or `HELD` while it is to be paid. */
export const Booking = Schema.Struct({
  pnr: Pnr,
  status: BookingStatus,
  trainId: TrainId,
  date: JourneyDate,
  from: StationCode,
  to: StationCode,
  travelClass: TravelClass,
  quota: Quota,
  userId: UserId,
  /** Instant of the commit, ISO 8601, UTC. */
  bookedAt: Schema.String,
  /** Of one that is held: the instant until which it can be paid, ISO 8601, UTC. */
  expiresAt: Schema.optionalKey(Schema.String),
  /** Of one that is held: what there is to pay. */
  amountDue: Schema.optionalKey(Money),
  passengers: Schema.Array(Passenger)
}).annotate({ identifier: "Booking" })
export type Booking = typeof Booking.Type

/** One page of a person's bookings, newest first. */
export const BookingPage = Schema.Struct({
  bookings: Schema.Array(Booking),
  /** Send it back as `cursor` for the next page; absent on the last. */
  nextCursor: Schema.optionalKey(Schema.String)
}).annotate({ identifier: "BookingPage" })
export type BookingPage = typeof BookingPage.Type

export const CancelRequest = Schema.Struct({
  /** Numbers of the passengers who stay at home; everybody where absent. */
  passengers: Schema.optionalKey(
    Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6 })))
  )
}).annotate({ identifier: "CancelRequest" })
export type CancelRequest = typeof CancelRequest.Type

/** What a cancellation leaves, and what is paid back. */
export const Cancellation = Schema.Struct({ booking: Booking, refund: Money }).annotate({ identifier: "Cancellation" })
export type Cancellation = typeof Cancellation.Type

const standing = { CONFIRMED: 3, RAC: 2, WAITLISTED: 1, CANCELLED: 0 } as const

/** The best status among passengers. */
export const bestStatus = (statuses: ReadonlyArray<PassengerStatus>): PassengerStatus =>
  statuses.reduce<PassengerStatus>((best, status) => standing[status] > standing[best] ? status : best, "CANCELLED")
