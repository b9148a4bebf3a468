import type { Quota } from "@berth/domain/Quota"
import type { Inventory, PromoteReply } from "../../../src/inventory/Inventory.ts"
import type { RunGate } from "../../../src/inventory/RunGate.ts"
import { violated } from "../Violation.ts"
import { holdMillis } from "./HoldTimes.ts"
import type { RedisModel } from "./RedisModel.ts"
import { type RunState, slotsFor, take, waits } from "./RunState.ts"

const checkOrder = (redis: RedisModel, state: RunState, holdId: string, quota: Quota): void => {
  const number = redis.numberOf(holdId)
  if (number === undefined) return
  for (const [other, hold] of state.holds) {
    const before = redis.numberOf(other)
    if (
      before !== undefined && before < number && waits(hold) && hold.quota === quota &&
      slotsFor(state, quota, hold.range, state.freed).length >= hold.passengers
    ) {
      violated("nobody passes another in the waitlist", `GNWL${number} was promoted before GNWL${before}`)
    }
  }
}

/** `promote-n.lua`: in the order of those who wait. */
export const promote = (
  redis: RedisModel,
  options: Parameters<Inventory["Service"]["promote"]>[0]
): PromoteReply | { readonly _tag: "Gate"; readonly gate: RunGate | null } => {
  const { state } = redis
  const { gate, quota, waiting } = options
  if (state === null || state.gate.epoch !== gate.epoch || state.gate.version !== gate.version) {
    return { _tag: "Gate", gate: state === null ? null : { ...state.gate } }
  }
  const seated: Array<PromoteReply["seated"][number]> = []
  const named = new Set<string>()
  for (const { holdId, party, range } of waiting) {
    const hold = state.holds.get(holdId)
    if (hold === undefined || named.has(holdId) || hold.quota !== quota || !waits(hold)) continue
    const free = slotsFor(state, quota, range, state.freed)
    if (free.length < party.wishes.length) {
      // Of one that has shrunk since the record was asked, the rest may fit.
      if (party.wishes.length <= hold.passengers) named.add(holdId)
      hold.state = "parked"
      continue
    }
    checkOrder(redis, state, holdId, quota)
    const slots = free.slice(0, party.wishes.length)
    take(state, holdId, slots, range)
    Object.assign(hold, { state: "held", time: redis.world.time.millis + holdMillis, range, slots })
    hold.passengers = party.wishes.length
    seated.push({ holdId, slots })
  }
  const kept = new Set<number>()
  let cleared = true
  for (const [holdId, hold] of state.holds) {
    if (!waits(hold) || hold.quota === quota && named.has(holdId)) continue
    if (hold.quota === quota) cleared = false
    for (const slot of state.masks.get(hold.quota) ?? []) kept.add(slot)
  }
  if (cleared) state.closed.delete(quota)
  state.freed.forEach((bits, slot) => {
    if (kept.has(slot)) return
    state.taken[slot] = (state.taken[slot] ?? 0) & ~bits
    state.freed[slot] = 0
  })
  return { _tag: "Promoted", seated, cleared, gate }
}
