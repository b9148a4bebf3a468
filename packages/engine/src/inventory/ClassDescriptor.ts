import { bayMask, baysPerCoach, type CoachLayout } from "@berth/domain/CoachLayout"
import type { ClassOfRun } from "./Inventory.ts"
import { typesOf } from "./RunKeys.ts"

/** What the booking script is told of a layout, worked out once. */
export interface LayoutArguments {
  /** As JSON; the script reads it only when it makes a pool's ZSETs. */
  readonly json: string
  readonly lower: number
  /** Index of the berth type by position in a bay, a digit each. */
  readonly types: string
  /** Bits of the berths of the same type in a bay by position, a byte each. */
  readonly alike: Buffer
  readonly baysPerCoach: number
}

const describe = (layout: CoachLayout) => {
  const types = typesOf(layout)
  return {
    name: layout.travelClass,
    prefix: layout.coachPrefix,
    berths: layout.berthsPerCoach,
    bay: layout.bay.map((berthType) => types.indexOf(berthType)),
    types: types.length
  }
}

const known = new WeakMap<CoachLayout, LayoutArguments>()

export const layoutArguments = (layout: CoachLayout): LayoutArguments => {
  const earlier = known.get(layout)
  if (earlier !== undefined) {
    return earlier
  }
  const described = describe(layout)
  const made: LayoutArguments = {
    json: JSON.stringify(described),
    lower: bayMask(layout, "LB"),
    types: described.bay.join(""),
    alike: Buffer.from(layout.bay.map((berthType) => bayMask(layout, berthType))),
    baysPerCoach: baysPerCoach(layout)
  }
  known.set(layout, made)
  return made
}

/** A class as the scripts off the hot path read it; its keys are those of `classKeys`. */
export const describeClass = ({ layout, legs, quotas }: ClassOfRun) => ({ ...describe(layout), legs, quotas })
