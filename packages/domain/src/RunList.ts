import { Schema } from "effect"
import { JourneyDate } from "./JourneyDate.ts"
import { Problem } from "./Problem.ts"
import { TrainId } from "./TrainId.ts"

/** A run as those see it who run the trains. */
export const RunSummary = Schema.Struct({
  trainId: TrainId,
  date: JourneyDate,
  /** `preparing` while its berths are being loaded; `closed` by an operator, or because the train has arrived. */
  sale: Schema.Literals(["open", "preparing", "closed"]),
  /** Bookings that are not cancelled. */
  bookings: Schema.Int,
  /** Passengers with a berth, and without. */
  confirmed: Schema.Int,
  waitlisted: Schema.Int,
  /** Seat configuration that is on sale, and the train's; the former catches up within seconds. */
  configVersion: Schema.Int,
  trainConfigVersion: Schema.Int
}).annotate({ identifier: "RunSummary" })
export type RunSummary = typeof RunSummary.Type

/** One page of a train's runs, by date. */
export const RunPage = Schema.Struct({
  runs: Schema.Array(RunSummary),
  /** Send it back as `from` for the next page; absent on the last. */
  nextDate: Schema.optionalKey(JourneyDate)
}).annotate({ identifier: "RunPage" })
export type RunPage = typeof RunPage.Type

export class RunNotFound extends Problem<RunNotFound>()("RunNotFound", 404, "Run not found", {
  trainId: TrainId,
  date: JourneyDate
}) {}

/** The run has arrived, or is closed or open already. */
export class RunStateConflict extends Problem<RunStateConflict>()("RunStateConflict", 409, "Not in that state", {
  trainId: TrainId,
  date: JourneyDate
}) {}
