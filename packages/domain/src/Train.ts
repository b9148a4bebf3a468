import { Schema } from "effect"
import { JourneyDate } from "./JourneyDate.ts"
import { StationCode } from "./StationCode.ts"
import { TrainId } from "./TrainId.ts"
import { TravelClass } from "./TravelClass.ts"

export const Station = Schema.Struct({ code: StationCode, name: Schema.String }).annotate({ identifier: "Station" })
export type Station = typeof Station.Type

export const StationList = Schema.Struct({ stations: Schema.Array(Station) }).annotate({ identifier: "StationList" })

export const Weekday = Schema.Literals(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
export const weekdays = Weekday.literals

/** A stop; times are local, `day` 1 is the day of departure from the origin. The origin has no arrival. */
export const Stop = Schema.Struct({
  station: Station,
  arrival: Schema.NullOr(Schema.String),
  departure: Schema.NullOr(Schema.String),
  day: Schema.Int,
  km: Schema.Finite
}).annotate({ identifier: "Stop" })
export type Stop = typeof Stop.Type

/** A train of the timetable: the stops of its next run. */
export const Train = Schema.Struct({
  trainId: TrainId,
  name: Schema.String,
  trainType: Schema.String,
  /** IANA name of the time zone of all its times. */
  timeZone: Schema.String,
  /** Who published the timetable; sample data says so. */
  source: Schema.String,
  /** Whether coaches and quotas were derived from the train's type and classes, for want of a source. */
  compositionDerived: Schema.Boolean,
  classes: Schema.Array(TravelClass),
  runningDays: Schema.Array(Weekday),
  stops: Schema.Array(Stop)
}).annotate({ identifier: "Train" })
export type Train = typeof Train.Type

/** Free berths of a class over all its quotas, on one journey. */
export const ClassAvailability = Schema.Struct({
  travelClass: TravelClass,
  free: Schema.Int
}).annotate({ identifier: "ClassAvailability" })

/** A train that makes a journey. `date` is the run's: the day it leaves its origin, maybe days before `departsAt`. */
export const Journey = Schema.Struct({
  trainId: TrainId,
  name: Schema.String,
  trainType: Schema.String,
  date: JourneyDate,
  from: StationCode,
  to: StationCode,
  /** ISO 8601 with the offset of the agency's time zone. */
  departsAt: Schema.String,
  arrivesAt: Schema.String,
  km: Schema.Finite,
  classes: Schema.Array(TravelClass),
  /** Empty while the run is not on sale, or nobody can say what is free. */
  availability: Schema.Array(ClassAvailability)
}).annotate({ identifier: "Journey" })
export type Journey = typeof Journey.Type

export const JourneyList = Schema.Struct({ trains: Schema.Array(Journey) }).annotate({ identifier: "JourneyList" })
