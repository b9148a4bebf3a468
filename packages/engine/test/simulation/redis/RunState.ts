import type { LegRange } from "@berth/domain/LegRange"
import type { Quota } from "@berth/domain/Quota"
import type { QuotaMasks } from "../../../src/inventory/Inventory.ts"
import type { RunGate } from "../../../src/inventory/RunGate.ts"
import { keyHashOfHold } from "../../../src/sale/BookingKey.ts"
import { legBits, legs, slotsOfMask } from "../Network.ts"

export interface ModelHold {
  state: "held" | "settled" | "waiting" | "parked" | "ended"
  time: number
  quota: Quota
  range: LegRange
  passengers: number
  fingerprint: string
  slots: ReadonlyArray<number>
}

/** What Redis has of the run. */
export interface RunState {
  gate: RunGate
  masks: ReadonlyMap<Quota, ReadonlyArray<number>>
  /** Legs by slot, as bits. */
  taken: Array<number>
  freed: Array<number>
  holds: Map<string, ModelHold>
  /** Pools in which somebody who waits may fit, so that a promoter comes before newcomers. */
  closed: Set<Quota>
  /** Sales that were freed. */
  receipts: Set<number>
  /** Whose a leg is, by eight times the slot plus the leg: for the checks alone, no script sees it. */
  owners: Map<number, string>
}

export const copyOf = (state: RunState): RunState => ({
  ...state,
  taken: [...state.taken],
  freed: [...state.freed],
  holds: new Map([...state.holds].map(([id, hold]) => [id, { ...hold }])),
  closed: new Set(state.closed),
  receipts: new Set(state.receipts),
  owners: new Map(state.owners)
})

export const waits = ({ state }: ModelHold): boolean => state === "waiting" || state === "parked"

/** Berths of a pool that are free on a journey, but for legs that do not count. */
export const slotsFor = (
  state: RunState,
  quota: Quota,
  range: LegRange,
  except?: ReadonlyArray<number>
): Array<number> => {
  const wanted = legBits(range)
  return (state.masks.get(quota) ?? []).filter((slot) =>
    ((state.taken[slot] ?? 0) & ~(except?.[slot] ?? 0) & wanted) === 0
  )
}

export const take = (state: RunState, holdId: string, slots: ReadonlyArray<number>, range: LegRange): void => {
  for (const slot of slots) {
    state.taken[slot] = (state.taken[slot] ?? 0) | legBits(range)
    state.freed[slot] = (state.freed[slot] ?? 0) & ~legBits(range)
    for (let leg = range.from; leg < range.to; leg++) state.owners.set(8 * slot + leg, keyHashOfHold(holdId))
  }
}

export const anybodyWaits = (state: RunState): boolean => {
  for (const hold of state.holds.values()) if (waits(hold)) return true
  return false
}

/** Closes the pools in which somebody waits. */
export const close = (state: RunState): void => {
  for (const hold of state.holds.values()) if (waits(hold)) state.closed.add(hold.quota)
}

/** Keeps what is free of a berth for those who wait. */
export const setAside = (state: RunState, slot: number): void => {
  const free = legBits({ from: 0, to: legs }) & ~(state.taken[slot] ?? 0)
  state.taken[slot] = (state.taken[slot] ?? 0) | free
  state.freed[slot] = (state.freed[slot] ?? 0) | free
}

export const slotsByQuota = (masks: QuotaMasks | undefined): ReadonlyMap<Quota, ReadonlyArray<number>> =>
  new Map([...masks ?? []].map(([quota, mask]) => [quota, slotsOfMask(mask)]))
