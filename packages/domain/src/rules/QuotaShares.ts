import { type BerthType, berthTypes } from "../BerthType.ts"
import { bayMask, type CoachLayout } from "../CoachLayout.ts"
import type { Quota } from "../Quota.ts"
import type { SeatPool } from "../SeatConfig.ts"
import { isAirConditioned, type TravelClass } from "../TravelClass.ts"
import { coachLayouts } from "./CoachLayouts.ts"

/*
 * How the berths of a class are shared among quotas where no operator has said so. Confirmed by several sources: the
 * lower berths of senior citizens per coach, ladies and persons with disabilities per train. Uncertain: tatkal, which may
 * have up to 30 % of a coach.
 */

/** Most that tatkal may have of a coach. */
export const tatkalShareMax = 0.3
/** What it gets: below the most, so that the general quota of a short train keeps berths of every type. */
const tatkalShare = 0.2

/** Lower berths for senior citizens in each coach: where the train has one such coach, and where it has more. */
const seniorLowerBerths: Partial<Record<TravelClass, readonly [only: number, each: number]>> = {
  SL: [6, 7],
  "3A": [4, 5],
  "2A": [3, 4]
}

type Shares = Partial<Record<BerthType, number>>

const disabledBerths: Partial<Record<TravelClass, Shares>> = {
  SL: { LB: 2, MB: 2 },
  "3A": { LB: 2, MB: 2 },
  "3E": { LB: 2, MB: 2 },
  CC: { WS: 2, AS: 2 },
  "2S": { WS: 2, AS: 2 }
}

/** Six in SL, and in 3A where all coaches are air-conditioned. */
const ladiesBerths: Shares = { LB: 3, MB: 3 }

/** Berths of each type in a coach. */
export const berthsPerCoach = (layout: CoachLayout): ReadonlyMap<BerthType, number> => {
  const counts = new Map<BerthType, number>()
  for (const type of berthTypes) {
    const mask = bayMask(layout, type)
    const count = Array.from({ length: layout.berthsPerCoach }, (_, index) => index % layout.bay.length)
      .filter((position) => (mask & (1 << position)) !== 0).length
    if (count > 0) counts.set(type, count)
  }
  return counts
}

/** The pools of a train with these coaches. Per class and berth type they add up to the berths of the coaches. */
export const derivedPools = (coaches: ReadonlyMap<TravelClass, number>): Array<SeatPool> => {
  const isAllAirConditioned = Array.from(coaches.keys()).every(isAirConditioned)
  return Array.from(coaches).flatMap(([travelClass, count]) =>
    Array.from(berthsPerCoach(coachLayouts[travelClass])).flatMap(([berth, perCoach]) => {
      const pools = new Map<Quota, number>()
      let rest = perCoach * count
      const setAside = (quota: Quota, wanted: number): void => {
        const given = Math.min(rest, wanted)
        if (given > 0) pools.set(quota, given)
        rest -= given
      }
      setAside("HP", disabledBerths[travelClass]?.[berth] ?? 0)
      if (travelClass === "SL" || (travelClass === "3A" && isAllAirConditioned)) {
        setAside("LD", ladiesBerths[berth] ?? 0)
      }
      const senior = seniorLowerBerths[travelClass]
      if (senior !== undefined && berth === "LB") setAside("SS", count === 1 ? senior[0] : senior[1] * count)
      // Side lower berths are where passengers with RAC sit, which tatkal has none of; first class has no tatkal.
      if (travelClass !== "1A" && berth !== "SL") setAside("TQ", Math.floor(perCoach * tatkalShare) * count)
      pools.set("GN", rest)
      return Array.from(pools, ([quota, seatCount]) => ({ travelClass, quota, berth, seatCount }))
    })
  )
}
