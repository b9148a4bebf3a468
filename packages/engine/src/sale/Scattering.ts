import { countBits, takenBays } from "../inventory/BayBits.ts"
import type { ClassSnapshot } from "../inventory/Inventory.ts"
import type { PlanParty } from "./RepackPlan.ts"

/** The berths of a pool as Redis has them at a moment; what is set aside counts as free. */
export interface PoolView {
  readonly legs: number
  readonly mask: Uint8Array
  /** `[bay][leg]` */
  readonly taken: Uint8Array
}

export const viewOf = (
  { freed, masks, taken }: ClassSnapshot,
  quota: Parameters<typeof masks.get>[0],
  legs: number
) => ({
  legs,
  mask: masks.get(quota) ?? new Uint8Array(),
  taken: taken.map((byte, offset) => byte & ~(freed[offset] ?? 0))
})

const freeOn = ({ legs, mask, taken }: PoolView, range: PlanParty["range"]): number => {
  const occupied = takenBays(taken, legs, range)
  return countBits(mask.map((byte, bay) => byte & ~(occupied[bay] ?? 0)), 255)
}

/** Whether as many berths as the party needs are free throughout. Its conditions are not looked at. */
export const fitsAsItIs = (view: PoolView, { passengers, range }: PlanParty): boolean =>
  freeOn(view, range) >= passengers

/** Whether each leg has berths enough for the party. */
export const isNowhereFull = (view: PoolView, { passengers, range: { from, to } }: PlanParty): boolean =>
  Array.from({ length: to - from }, (_, leg) => from + leg).every((leg) =>
    freeOn(view, { from: leg, to: leg + 1 }) >= passengers
  )

/** Lists of parties remembered for whom nothing was found. */
const rememberedMax = 256

const isStillTaken = (before: Uint8Array, now: Uint8Array): boolean =>
  before.every((byte, offset) => (byte & ~(now[offset] ?? 0)) === 0)

const keyOf = (pool: string, parties: ReadonlyArray<PlanParty>) =>
  `${pool} ${
    parties.map(({ lowerBerthsMin, passengers, range: { from, to }, sameCoach }) =>
      `${from}-${to}x${passengers}${sameCoach ? "c" : ""}${lowerBerthsMin === 0 ? "" : `l${lowerBerthsMin}`}`
    ).join()
  }`

/**
 * Parties that asked together and for whom nothing was found: there is nothing either while whatever was taken then is
 * taken still. So each of a crowd that asks in vain for a train where many chose their berths costs a comparison and not a
 * search.
 */
export const makeHopeless = () => {
  const remembered = new Map<string, Uint8Array>()
  return {
    has: (pool: string, view: PoolView, parties: ReadonlyArray<PlanParty>): boolean => {
      const before = remembered.get(keyOf(pool, parties))
      return before !== undefined && isStillTaken(before, view.taken)
    },
    note: (pool: string, view: PoolView, parties: ReadonlyArray<PlanParty>): void => {
      const key = keyOf(pool, parties)
      remembered.delete(key)
      remembered.set(key, view.taken)
      const [oldest] = remembered.keys()
      if (remembered.size > rememberedMax && oldest !== undefined) {
        remembered.delete(oldest)
      }
    }
  }
}
