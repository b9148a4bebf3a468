import { Schema } from "effect"
import { JourneyDate } from "./JourneyDate.ts"
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
