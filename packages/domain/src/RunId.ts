import type { JourneyDate } from "./JourneyDate.ts"
import { toDayNumber } from "./JourneyDate.ts"
import type { TravelClass } from "./TravelClass.ts"
import { travelClasses } from "./TravelClass.ts"

/*
 * Runs and their berths are numbers, so that the exclusion constraint compares one bigint. A berth of a run has, from
 * the high bits down: the journey day (15 bits, so that partitions by range can come), the train (22), the class (3) and
 * the slot within the class (13): 53 bits, exact in a JavaScript number too.
 */
const trainNumberLimit = 2 ** 22
const berthNumberLimit = 2 ** 16
const slotLimit = 2 ** 13

/** Number of a run: the journey day and the train's number in this database. */
export const runIdOf = (trainNumber: number, date: JourneyDate): number =>
  toDayNumber(date) * trainNumberLimit + trainNumber

/** Number of a berth within its train. */
export const berthNumberOf = (travelClass: TravelClass, slot: number): number =>
  travelClasses.indexOf(travelClass) * slotLimit + slot

/** Number of a berth of one run, as `sale.berth` keeps it. */
export const runBerthOf = (runId: number, travelClass: TravelClass, slot: number): number =>
  runId * berthNumberLimit + berthNumberOf(travelClass, slot)

/** The slot within its class of a berth of a run. */
export const slotOf = (runBerth: number): number => runBerth % slotLimit

/** The class of a berth of a run. */
export const travelClassOf = (runBerth: number): TravelClass => {
  const travelClass = travelClasses[Math.floor((runBerth % berthNumberLimit) / slotLimit)]
  if (travelClass === undefined) {
    throw new RangeError(`berth ${runBerth} names no class`)
  }
  return travelClass
}
