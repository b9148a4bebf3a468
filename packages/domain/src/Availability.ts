import { Schema } from "effect"
import { BerthName } from "./BerthName.ts"
import { BerthType } from "./BerthType.ts"
import { JourneyDate } from "./JourneyDate.ts"
import { WaitlistKind } from "./Passenger.ts"
import { Quota } from "./Quota.ts"
import { StationCode } from "./StationCode.ts"
import { TrainId } from "./TrainId.ts"
import { TravelClass } from "./TravelClass.ts"

export const QuotaAvailability = Schema.Struct({
  quota: Quota,
  quotaName: Schema.String,
  /** Berths free on every leg of the journey. */
  free: Schema.Int,
  /** The same by berth type; types that the class does not have are absent. */
  berths: Schema.Record(BerthType, Schema.optionalKey(Schema.Int)),
  /** Places for two to a side lower berth that are free; no train offers them yet. */
  rac: Schema.Struct({ free: Schema.Int }),
  /** Passengers who wait, and how many may; null where the quota has no waitlist. */
  waitlist: Schema.NullOr(Schema.Struct({ kind: WaitlistKind, waiting: Schema.Int, max: Schema.Int }))
}).annotate({ identifier: "QuotaAvailability" })
export type QuotaAvailability = typeof QuotaAvailability.Type

const journey = { trainId: TrainId, date: JourneyDate, from: StationCode, to: StationCode }

/** What is free on a run for one journey. */
export const Availability = Schema.Struct({
  ...journey,
  classes: Schema.Array(Schema.Struct({ travelClass: TravelClass, quotas: Schema.Array(QuotaAvailability) }))
}).annotate({ identifier: "Availability" })
export type Availability = typeof Availability.Type

export const SeatState = Schema.Struct({
  seat: BerthName,
  coach: Schema.String,
  berth: BerthType,
  quota: Quota,
  /** `free` on every leg of the journey, or `taken` on at least one. */
  state: Schema.Literals(["free", "taken"])
}).annotate({ identifier: "SeatState" })
export type SeatState = typeof SeatState.Type

/** Every berth of a class that is for sale, with its state on one journey. */
export const SeatMap = Schema.Struct({ ...journey, travelClass: TravelClass, seats: Schema.Array(SeatState) }).annotate(
  {
    identifier: "SeatMap"
  }
)
export type SeatMap = typeof SeatMap.Type
