import { counter, readGauge } from "./Series.ts"

/** Holds that were never committed and were given back. */
export const holdsDropped = counter("berth_holds_dropped_total", "Holds that were never committed and were given back")

/** Parties promoted from the waitlist. */
export const promoted = counter("berth_waitlist_promoted_total", "Parties promoted from the waitlist")

/** Passengers who were given another berth, so that somebody fits. */
export const passengersMoved = counter(
  "berth_passengers_moved_total",
  "Passengers who were given another berth, so that somebody fits"
)

/** Shows how many runs wait for the promoter. */
export const showPromotionQueue = (size: () => number): void =>
  readGauge("berth_promotion_queue_runs", "Runs that wait for the promoter", size)
