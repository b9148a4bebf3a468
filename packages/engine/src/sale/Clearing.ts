import type { LegRange } from "@berth/domain/LegRange"
import type { Arrangement, Exchange } from "./Arrangement.ts"

/** Berths tried for a passenger; where nobody chose, each of them can be cleared. */
const targetsMax = 16

interface Step {
  readonly exchange: Exchange
  readonly cost: number
}

/**
 * The exchange with another berth of the type that clears the most of `berth` from leg `from` on for what it costs.
 * Both berths are exchanged up to a leg on which nobody lies across: whoever lies between keeps company with the berth.
 */
const cheapestExchange = (
  arrangement: Arrangement,
  berths: ReadonlyArray<number>,
  berth: number,
  { from, to }: LegRange,
  costMax: number
): Step | undefined => {
  let best: Step | undefined
  let bestPerLeg = Infinity
  for (const other of berths) {
    if (other === berth || arrangement.at(other, from) !== undefined) {
      continue
    }
    const otherFreeUntil = arrangement.freeUntil(other, from)
    let cost = 0
    for (let end = from + 1; end <= arrangement.legs; end++) {
      const added = costOfLeg(arrangement, berth, other, end - 1)
      cost += added
      if (!(cost < costMax) || cost / (to - from) >= bestPerLeg) {
        break
      }
      if (end === arrangement.legs || arrangement.isCut(berth, end) && arrangement.isCut(other, end)) {
        const clear = otherFreeUntil < end ? otherFreeUntil : arrangement.freeUntil(berth, end)
        const perLeg = cost / (Math.min(clear, to) - from)
        if (perLeg < bestPerLeg) {
          best = { exchange: { one: berth, other, range: { from, to: end } }, cost }
          bestPerLeg = perLeg
        }
      }
    }
  }
  return best
}

/** What it costs to exchange those who come to lie on either berth on a leg; infinite where somebody must stay. */
const costOfLeg = (arrangement: Arrangement, one: number, other: number, leg: number): number => {
  const costTo = (slot: number, target: number) => {
    const occupant = arrangement.at(slot, leg)
    return occupant === undefined || occupant.range.from !== leg ? 0 : arrangement.costOf(occupant, target) ?? Infinity
  }
  return costTo(one, other) + costTo(other, one)
}

/** A berth that is free for a journey once these exchanges are made. */
export interface Clearing {
  readonly berth: number
  readonly exchanges: ReadonlyArray<Exchange>
  readonly cost: number
}

/** Takes exchanges back that were made in this order. */
export const undo = (arrangement: Arrangement, exchanges: ReadonlyArray<Exchange>): void =>
  exchanges.toReversed().forEach((exchange) => arrangement.exchange(exchange))

/** How a berth that is free where the journey begins can be cleared to its end; the arrangement is left as it was. */
const clear = (
  arrangement: Arrangement,
  berths: ReadonlyArray<number>,
  berth: number,
  range: LegRange,
  costMax: number
): Clearing | undefined => {
  const exchanges: Array<Exchange> = []
  let cost = 0
  for (;;) {
    const from = arrangement.freeUntil(berth, range.from)
    if (from >= range.to) {
      undo(arrangement, exchanges)
      return { berth, exchanges, cost }
    }
    const step = cheapestExchange(arrangement, berths, berth, { from, to: range.to }, costMax - cost)
    if (step === undefined) {
      undo(arrangement, exchanges)
      return undefined
    }
    arrangement.exchange(step.exchange)
    exchanges.push(step.exchange)
    cost += step.cost
  }
}

const isNowhereFull = (arrangement: Arrangement, berths: ReadonlyArray<number>, { from, to }: LegRange): boolean =>
  Array.from({ length: to - from }, (_, leg) => from + leg).every((leg) =>
    berths.some((slot) => arrangement.at(slot, leg) === undefined)
  )

/** The least that makes one berth free for the journey, of any type, among the berths that may be it. */
export const cheapestClearing = (
  arrangement: Arrangement,
  kinds: ReadonlyArray<ReadonlyArray<number>>,
  range: LegRange,
  mayBe: (slot: number) => boolean
): Clearing | undefined => {
  const free = kinds.flat().find((slot) => mayBe(slot) && arrangement.isFree(slot, range))
  if (free !== undefined) {
    return { berth: free, exchanges: [], cost: 0 }
  }
  let best: Clearing | undefined
  for (const berths of kinds) {
    if (!isNowhereFull(arrangement, berths, range)) {
      continue
    }
    const targets = berths.filter((slot) => mayBe(slot) && arrangement.at(slot, range.from) === undefined)
      .toSorted((one, other) => arrangement.freeUntil(other, range.from) - arrangement.freeUntil(one, range.from))
    for (const target of targets.slice(0, targetsMax)) {
      best = clear(arrangement, berths, target, range, best?.cost ?? Infinity) ?? best
    }
  }
  return best
}
