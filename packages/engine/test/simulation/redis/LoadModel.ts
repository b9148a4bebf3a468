import type { LoadRun } from "../../../src/inventory/Inventory.ts"
import { fromBayBytes, legs, slotsMax } from "../Network.ts"
import type { RedisModel } from "./RedisModel.ts"
import { close, type RunState, setAside, slotsByQuota } from "./RunState.ts"

export const load = (redis: RedisModel, run: LoadRun, ownerOf: (slot: number, leg: number) => string): boolean => {
  if (
    redis.state !== null && redis.state.gate.epoch >= run.gate.epoch &&
    redis.world.guarded("epoch above the stored one to load")
  ) return false
  const loaded = run.classes[0]
  const state: RunState = {
    gate: run.gate,
    masks: slotsByQuota(loaded?.masks),
    taken: fromBayBytes(loaded?.taken ?? new Uint8Array()),
    freed: Array.from({ length: slotsMax }, () => 0),
    holds: new Map(),
    closed: new Set(),
    receipts: new Set(),
    owners: new Map()
  }
  state.taken.forEach((bits, slot) => {
    for (let leg = 0; leg < legs; leg++) {
      if ((bits & (1 << leg)) !== 0) state.owners.set(8 * slot + leg, ownerOf(slot, leg))
    }
  })
  for (const { holdId, passengers, quota, range } of loaded?.waiting ?? []) {
    const hold = { time: 0, quota, range, passengers, fingerprint: "" }
    state.holds.set(holdId, { ...hold, state: "parked", slots: [] })
  }
  if (state.holds.size > 0 && redis.world.guarded("free legs kept back by a load")) {
    for (const slots of state.masks.values()) for (const slot of slots) setAside(state, slot)
    close(state)
  }
  redis.state = state
  redis.rolledBack = false
  return true
}
