import { Effect, Schema } from "effect"
import { JourneyDate } from "./JourneyDate.ts"
import { PassengerRequest } from "./Passenger.ts"
import { QuotaInput } from "./Quota.ts"
import { StationCode } from "./StationCode.ts"
import { TrainId } from "./TrainId.ts"
import { TravelClass } from "./TravelClass.ts"
import { UserId } from "./UserId.ts"

/** Most passengers that a PNR takes; the rule of the railway since long before its computers. */
export const passengersPerBookingMax = 6

/** What must hold for the party to be seated; decided before anything is written. */
export const BookingConditions = Schema.Struct({
  /** Refuse rather than put on the waitlist. */
  onlyIfConfirmed: Schema.optionalKey(Schema.Boolean),
  sameCoach: Schema.optionalKey(Schema.Boolean),
  /** How many of the party must get a lower berth. */
  lowerBerthsMin: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 })))
}).annotate({ identifier: "BookingConditions" })
export type BookingConditions = typeof BookingConditions.Type

/** A party's wish to travel. Without `from` or `to`, from the origin or to the terminus. */
export const BookingRequest = Schema.Struct({
  trainId: TrainId,
  date: JourneyDate,
  /** Whom the booking is for: the caller where absent. Another's is for admins. */
  userId: Schema.optionalKey(UserId),
  travelClass: TravelClass,
  quota: QuotaInput.pipe(Schema.withDecodingDefaultKey(Effect.succeed("GENERAL" as const))),
  from: Schema.optionalKey(StationCode),
  to: Schema.optionalKey(StationCode),
  passengers: Schema.NonEmptyArray(PassengerRequest),
  conditions: Schema.optionalKey(BookingConditions),
  /** `account`: settled outside, at once, the default; `hold`: the berths are kept for minutes, until they are paid. */
  payment: Schema.optionalKey(Schema.Literals(["account", "hold"]))
}).annotate({ identifier: "BookingRequest" })
export type BookingRequest = typeof BookingRequest.Type
