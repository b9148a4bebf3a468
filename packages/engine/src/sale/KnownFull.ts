import type { LegRange } from "@berth/domain/LegRange"
import { countBits } from "../inventory/BayBits.ts"
import type { ClassSnapshot, Inventory } from "../inventory/Inventory.ts"
import { legsOf } from "../timetable/Routes.ts"
import type { Order } from "./Order.ts"

/** Berths of a pool that are free on the leg of the range that has the fewest. */
const leastFree = ({ taken }: ClassSnapshot, mask: Uint8Array, legs: number, { from, to }: LegRange): number => {
  let least = Infinity
  for (let leg = from; leg < to; leg++) {
    const free = mask.map((byte, bay) => byte & ~(taken[bay * legs + leg] ?? 0))
    least = Math.min(least, countBits(free, 255))
  }
  return least
}

// By what it was counted from: while a run does not change, crowds ask for the same few journeys.
const known = new WeakMap<ClassSnapshot, Map<string, number>>()

const knownLeast = (snapshot: ClassSnapshot, { journey: { range }, request, run }: Order, mask: Uint8Array): number => {
  const name = `${request.quota} ${range.from} ${range.to}`
  const counted = known.get(snapshot) ?? new Map<string, number>()
  known.set(snapshot, counted)
  const least = counted.get(name) ?? leastFree(snapshot, mask, legsOf(run.route), range)
  counted.set(name, least)
  return least
}

const classesOf = ({ run }: Order) => [...run.composition.classes.keys()]

/**
 * Whether a leg of the journey has fewer berths left than the party needs, by what Redis said last of this version of the
 * run. Most that want the last berths of a train come when they are gone; those are refused without asking Redis again.
 */
export const isKnownFull = (inventory: Inventory["Service"], order: Order): boolean => {
  const { composition, request, run } = order
  const found = inventory.peekSnapshot(run, classesOf(order))
  const snapshot = found?.classes.get(composition.travelClass)
  const mask = snapshot?.masks.get(request.quota)
  return found?.gate.epoch === run.gate.epoch && found.gate.version === run.gate.version &&
    snapshot !== undefined && mask !== undefined &&
    knownLeast(snapshot, order, mask) < request.passengers.length
}

/** Has the next one who comes for the same know it. */
export const learnOf = (inventory: Inventory["Service"], order: Order) =>
  inventory.recentSnapshot(order.run, classesOf(order))
