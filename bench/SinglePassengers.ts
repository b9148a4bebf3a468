import type { LegRange } from "@berth/domain/LegRange"
import type { SeededRandom } from "../faults/SeededRandom.ts"

/** How many times what a train has is asked for. */
export const demand = 4

interface Train {
  readonly berths: number
  readonly legs: number
}

/** Journeys of single passengers, every pair of stops as likely, until they ask for so many times what there is. */
export const journeysOf = (random: SeededRandom, { berths, legs }: Train): ReadonlyArray<LegRange> => {
  const journeys: Array<LegRange> = []
  for (let asked = 0; asked < demand * berths * legs;) {
    const [one, other] = [random.between(0, legs), random.between(0, legs)]
    if (one !== other) {
      journeys.push({ from: Math.min(one, other), to: Math.max(one, other) })
      asked += Math.abs(one - other)
    }
  }
  return journeys
}

/** Who gets in where everybody may be moved at any time: whoever finds room on each leg. */
export const getIn = (journeys: ReadonlyArray<LegRange>, { berths, legs }: Train): ReadonlyArray<boolean> => {
  const taken = new Uint16Array(legs)
  return journeys.map(({ from, to }) => {
    const isFree = taken.subarray(from, to).every((count) => count < berths)
    if (isFree) {
      for (let leg = from; leg < to; leg++) taken[leg] = (taken[leg] ?? 0) + 1
    }
    return isFree
  })
}
