import { Schema } from "effect"
import { BerthType } from "./BerthType.ts"
import { JourneyDate } from "./JourneyDate.ts"
import { Quota } from "./Quota.ts"
import { TrainId } from "./TrainId.ts"
import { TravelClass } from "./TravelClass.ts"

/** What an edit would do to one pool. A berth that changes its quota is taken from one pool and added to another. */
export const PoolChange = Schema.Struct({
  travelClass: TravelClass,
  quota: Quota,
  berth: BerthType,
  before: Schema.Int,
  after: Schema.Int,
  /** Berths that the pool would get, new ones, retired ones taken back, or another quota's. */
  added: Schema.Int,
  /** Berths that the pool would lose: retired, or given to another quota. */
  taken: Schema.Int,
  /** Those of them that would not be for sale any more in any quota. */
  retired: Schema.Int
}).annotate({ identifier: "PoolChange" })

/** Tickets of a run on berths that would be retired. They stay valid; the berths are sold to nobody else. */
export const RunTouched = Schema.Struct({
  date: JourneyDate,
  /** Passengers with a berth that would be retired. */
  tickets: Schema.Int,
  /** Those berths; fewer than tickets where a berth is sold again further on. */
  berths: Schema.Int
}).annotate({ identifier: "RunTouched" })

/** What a replacement of the seat configuration would do, had it been made at this version. */
export const SeatConfigPreview = Schema.Struct({
  trainId: TrainId,
  /** Version that it was worked out on; send it as `If-Match` with the edit. */
  version: Schema.Int,
  /** Pools that would change. */
  pools: Schema.Array(PoolChange),
  berthsAdded: Schema.Int,
  berthsRetired: Schema.Int,
  /** Runs that have not arrived and have tickets on such berths, soonest first. */
  runs: Schema.Array(RunTouched)
}).annotate({ identifier: "SeatConfigPreview" })
export type SeatConfigPreview = typeof SeatConfigPreview.Type
