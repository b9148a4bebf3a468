import { type BerthType, berthTypes } from "@berth/domain/BerthType"
import { bayMask, type CoachLayout } from "@berth/domain/CoachLayout"
import type { Party } from "./Inventory.ts"

/** The mask of a bay that stands for no wish. */
const anyBerth = 255

/** The bay cannot hold the party. */
const tooSmall = 255

/** More than all the gaps that a party can leave, so that a wish weighs more than any gap. */
const unmetWishCost = 4

const sizeOf = (bits: number): number => {
  let size = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) {
    size += 1
  }
  return size
}

/** The bits of a bay that meet a wish; a type that the layout lacks is no wish. */
const wishMask = (layout: CoachLayout, wish: BerthType | "any"): number =>
  wish === "any" ? anyBerth : bayMask(layout, wish) || anyBerth

const workOut = (layout: CoachLayout, { lowerBerthsMin, wishes }: Party): Buffer => {
  const lower = bayMask(layout, "LB")
  const kinds = berthTypes
    .map((wish) => ({ mask: wishMask(layout, wish), count: wishes.filter((other) => other === wish).length }))
    .filter(({ mask }) => mask !== anyBerth)
  return Buffer.from(Array.from({ length: 256 }, (_, free) => {
    if (sizeOf(free) < wishes.length || sizeOf(free & lower) < lowerBerthsMin) {
      return tooSmall
    }
    const unmet = kinds.reduce((sum, { count, mask }) => sum + Math.max(0, count - sizeOf(free & mask)), 0)
    return unmetWishCost * unmet
  }))
}

/** What the scripts must know of a party to seat it in a layout. */
export interface PartyArguments {
  /** A byte a passenger: the bits of a bay that meet the wish, 255 for none. */
  readonly wishes: Buffer
  /** What it costs to seat the whole party in a bay, by the bay's free berths: one byte for each of 256 sets of berths. */
  readonly costs: Buffer
}

// A few thousand for a layout at the very worst: a party has six passengers, and their order does not matter.
const known = new WeakMap<CoachLayout, Map<string, Buffer>>()

const costsOf = (layout: CoachLayout, party: Party): Buffer => {
  const ofLayout = known.get(layout) ?? new Map<string, Buffer>()
  known.set(layout, ofLayout)
  const name = `${party.lowerBerthsMin} ${party.wishes.toSorted().join()}`
  const earlier = ofLayout.get(name)
  if (earlier !== undefined) {
    return earlier
  }
  const made = workOut(layout, party)
  ofLayout.set(name, made)
  return made
}

export const partyArguments = (layout: CoachLayout, party: Party): PartyArguments => ({
  wishes: Buffer.from(party.wishes.map((wish) => wishMask(layout, wish))),
  costs: costsOf(layout, party)
})
