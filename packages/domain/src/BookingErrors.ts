import { Schema } from "effect"
import { JourneyDate } from "./JourneyDate.ts"
import { Money } from "./Money.ts"
import { Pnr } from "./Pnr.ts"
import { Problem } from "./Problem.ts"
import { Quota } from "./Quota.ts"
import { TrainId } from "./TrainId.ts"
import { TravelClass } from "./TravelClass.ts"

const run = { trainId: TrainId, date: JourneyDate }

/** Nothing is left, not even a place on the waitlist, or the party asked for berths or nothing. */
export class SoldOut extends Problem<SoldOut>()("SoldOut", 409, "Sold out", {
  ...run,
  travelClass: TravelClass,
  quota: Quota
}) {}

/** The key was used with another body. */
export class IdempotencyConflict
  extends Problem<IdempotencyConflict>()("IdempotencyConflict", 409, "Key used with another body", {})
{}

export class BookingNotFound extends Problem<BookingNotFound>()("BookingNotFound", 404, "Booking not found", {
  pnr: Pnr
}) {}

/** The passengers named are not there to be cancelled. */
export class NothingToCancel extends Problem<NothingToCancel>()("NothingToCancel", 409, "Nothing to cancel", {
  pnr: Pnr
}) {}

export class TooManyPassengers extends Problem<TooManyPassengers>()("TooManyPassengers", 422, "Too many passengers", {
  passengers: Schema.Int,
  passengersMax: Schema.Int
}) {}

/** The day is past, too far ahead, or the train has left the boarding station. */
export class OutsideBookingWindow
  extends Problem<OutsideBookingWindow>()("OutsideBookingWindow", 422, "Outside the booking window", {
    ...run,
    /** First and last day on sale. */
    firstDate: JourneyDate,
    lastDate: JourneyDate
  })
{}

export class NotARunningDay extends Problem<NotARunningDay>()("NotARunningDay", 422, "Not a running day", run) {}

export class ClassNotOnTrain extends Problem<ClassNotOnTrain>()("ClassNotOnTrain", 422, "Class not on this train", {
  ...run,
  travelClass: TravelClass
}) {}

export class QuotaNotOnTrain extends Problem<QuotaNotOnTrain>()("QuotaNotOnTrain", 422, "Quota not on this train", {
  ...run,
  travelClass: TravelClass,
  quota: Quota
}) {}

/** The time to pay is over, and the berths went to others; what came too late goes back. */
export class HoldExpired extends Problem<HoldExpired>()("HoldExpired", 410, "Hold expired", { pnr: Pnr }) {}

/** The booking was not made to be paid later, or was cancelled before it was paid. */
export class NothingToPay extends Problem<NothingToPay>()("NothingToPay", 409, "Nothing to pay", { pnr: Pnr }) {}

/** The bank refused; the booking is held on. */
export class PaymentDeclined extends Problem<PaymentDeclined>()("PaymentDeclined", 402, "Payment declined", {
  pnr: Pnr,
  amountDue: Money
}) {}

/** The bank has not answered yet. Asking again never pays twice. */
export class PaymentPending extends Problem<PaymentPending>()("PaymentPending", 503, "Payment under way", {
  pnr: Pnr,
  retryAfterSeconds: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3600 }))
}) {}
