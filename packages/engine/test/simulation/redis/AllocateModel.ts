import type { LegRange } from "@berth/domain/LegRange"
import type { Quota } from "@berth/domain/Quota"
import type { AllocateReply, AllocateRequest } from "../../../src/inventory/Inventory.ts"
import { violated } from "../Violation.ts"
import { holdMillis } from "./HoldTimes.ts"
import type { RedisModel } from "./RedisModel.ts"
import { type RunState, slotsFor, take, waits } from "./RunState.ts"

const isScattered = (state: RunState, quota: Quota, { from, to }: LegRange, passengers: number): boolean => {
  for (let leg = from; leg < to; leg++) {
    if (slotsFor(state, quota, { from: leg, to: leg + 1 }).length < passengers) return false
  }
  return true
}

/** `book-n.lua`: the first berths that are free are given. */
export const allocate = (redis: RedisModel, request: AllocateRequest, latestMillis: number): AllocateReply => {
  const { state, world } = redis
  const { fingerprint, gate, holdId, quota, range } = request
  if (state === null || state.gate.epoch !== gate.epoch || state.gate.version !== gate.version) {
    return { _tag: "Gate", gate: state === null ? null : { ...state.gate } }
  }
  for (const settled of request.settled) {
    const hold = state.holds.get(settled)
    if (hold?.state === "held") hold.state = "settled"
  }
  const known = state.holds.get(holdId)
  if (known !== undefined) {
    if (known.state === "ended") return { _tag: "Ended" }
    if (known.fingerprint !== "" && known.fingerprint !== fingerprint) return { _tag: "Conflict" }
    const old = (known.state === "held" || known.state === "waiting") && known.time < world.time.millis
    if (old && world.guarded("no writing under a hold whose time is over")) return { _tag: "Late" }
    if (waits(known)) return { _tag: "Waiting", gate, known: true }
    return { _tag: "Held", slots: known.slots, gate, known: true }
  }
  if (world.time.millis > latestMillis) return { _tag: "Late" }
  const passengers = request.party.wishes.length
  const hold = { time: world.time.millis + holdMillis, quota, range, passengers, fingerprint }
  const free = slotsFor(state, quota, range)
  const behind = state.closed.has(quota) && world.guarded("a promoter before newcomers")
  if (free.length >= passengers && behind && request.firstTry) return { _tag: "Behind" }
  if (free.length >= passengers && !behind) {
    for (const [other, waiting] of state.holds) {
      if (
        waits(waiting) && waiting.quota === quota &&
        slotsFor(state, quota, waiting.range, state.freed).length >= waiting.passengers
      ) {
        violated(
          "nobody passes another in the waitlist",
          `newcomer ${holdId} was seated, and ${other} would have fit`
        )
      }
    }
    const slots = free.slice(0, passengers)
    take(state, holdId, slots, range)
    state.holds.set(holdId, { ...hold, state: "held", slots })
    return { _tag: "Held", slots, gate, known: false }
  }
  if (
    free.length < passengers && request.tellsScattered && isScattered(state, quota, range, passengers)
  ) {
    return { _tag: "Scattered" }
  }
  let waiting = 0
  for (const other of state.holds.values()) if (waits(other) && other.quota === quota) waiting += other.passengers
  if (waiting + passengers > request.waitlistMax) {
    return free.length >= passengers ? { _tag: "Behind" } : { _tag: "Full", free: free.length }
  }
  state.holds.set(holdId, { ...hold, state: "waiting", slots: [] })
  return { _tag: "Waiting", gate, known: false }
}
