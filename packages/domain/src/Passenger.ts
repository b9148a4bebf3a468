import { Schema } from "effect"
import { BerthName } from "./BerthName.ts"
import { BerthType } from "./BerthType.ts"
import { PersonName } from "./PersonName.ts"

/** M male, F female, T transgender: the codes on a railway form. */
export const Gender = Schema.Literals(["M", "F", "T"]).annotate({ identifier: "Gender" })
export type Gender = typeof Gender.Type

export const Age = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 125 })).annotate({
  identifier: "Age",
  description: "Age in years on the day of travel"
})

/** A traveller, as asked for. */
export const PassengerRequest = Schema.Struct({
  name: PersonName,
  age: Age,
  gender: Schema.optionalKey(Gender),
  /** A wish, met where it can be. */
  berth: Schema.optionalKey(BerthType)
}).annotate({ identifier: "PassengerRequest" })
export type PassengerRequest = typeof PassengerRequest.Type

export const PassengerStatus = Schema.Literals(["CONFIRMED", "RAC", "WAITLISTED", "CANCELLED"]).annotate({
  identifier: "PassengerStatus"
})
export type PassengerStatus = typeof PassengerStatus.Type

/** Kinds of waitlist: general, remote location, pooled, road side, tatkal. */
export const WaitlistKind = Schema.Literals(["GNWL", "RLWL", "PQWL", "RSWL", "TQWL"]).annotate({
  identifier: "WaitlistKind"
})
export type WaitlistKind = typeof WaitlistKind.Type

/** Both places of a waitlisted passenger, as printed on tickets: `GNWL23/WL16`. */
export const WaitlistPlace = Schema.Struct({
  kind: WaitlistKind,
  atBooking: Schema.Int,
  now: Schema.Int
}).annotate({ identifier: "WaitlistPlace" })

/** A traveller of a booking. */
export const Passenger = Schema.Struct({
  number: Schema.Int,
  name: PersonName,
  age: Age,
  gender: Schema.optionalKey(Gender),
  status: PassengerStatus,
  coach: Schema.optionalKey(Schema.String),
  seat: Schema.optionalKey(BerthName),
  berth: Schema.optionalKey(BerthType),
  /** The seat given first, where the passenger was given another of the same type so that somebody fits. */
  movedFrom: Schema.optionalKey(BerthName),
  waitlist: Schema.optionalKey(WaitlistPlace)
}).annotate({ identifier: "Passenger" })
export type Passenger = typeof Passenger.Type
