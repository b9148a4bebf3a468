import { BerthName } from "./BerthName.ts"
import type { BerthType } from "./BerthType.ts"
import type { TravelClass } from "./TravelClass.ts"

/**
 * How the berths of one class lie in its coaches. Berths are numbered bay by bay, each bay like the others; the last bay
 * of a coach may be short. A bay has at most eight berths, because the inventory keeps one byte a bay.
 */
export interface CoachLayout {
  readonly travelClass: TravelClass
  /** Coaches are named by it: `S1`, `S2`, … */
  readonly coachPrefix: string
  readonly berthsPerCoach: number
  /** Berth type by position in a bay; position n is bit n of the bay's byte. */
  readonly bay: ReadonlyArray<BerthType>
}

export const baysPerCoach = (layout: CoachLayout): number => Math.ceil(layout.berthsPerCoach / layout.bay.length)

/** Most coaches of one class in a train; keeps a slot within the 13 bits that a berth number sets aside. */
export const coachesPerClassMax = 40

/** Where a berth stands in its class: eight times the bay, counted through all coaches, plus the position in the bay. */
export const toSlot = (layout: CoachLayout, coach: number, number: number): number => {
  const bay = Math.floor((number - 1) / layout.bay.length)
  return 8 * ((coach - 1) * baysPerCoach(layout) + bay) + (number - 1) % layout.bay.length
}

export interface BerthPlace {
  readonly coach: string
  readonly name: BerthName
  readonly berthType: BerthType
}

const nameAt = (layout: CoachLayout, slot: number): BerthPlace => {
  const bays = baysPerCoach(layout)
  const bay = Math.floor(slot / 8)
  const position = slot % 8
  const berthType = layout.bay[position]
  const number = (bay % bays) * layout.bay.length + position + 1
  if (berthType === undefined || number > layout.berthsPerCoach) {
    throw new RangeError(`class ${layout.travelClass} has no berth at slot ${slot}`)
  }
  const coach = `${layout.coachPrefix}${Math.floor(bay / bays) + 1}`
  return { coach, name: BerthName.make(`${coach}-${number}`), berthType }
}

// As many as the longest train has berths: each ticket names some, and to make a name costs more than to remember it.
const places = new WeakMap<CoachLayout, Map<number, BerthPlace>>()

/** Names the berth at a slot. Throws on a slot that no coach has, which only a corrupt store could bring. */
export const berthAt = (layout: CoachLayout, slot: number): BerthPlace => {
  const known = places.get(layout) ?? new Map<number, BerthPlace>()
  places.set(layout, known)
  const place = known.get(slot) ?? nameAt(layout, slot)
  known.set(slot, place)
  return place
}

/** The bits of a bay's byte that are berths of the given type. */
export const bayMask = (layout: CoachLayout, berthType: BerthType): number =>
  layout.bay.reduce((mask, type, position) => type === berthType ? mask | (1 << position) : mask, 0)
