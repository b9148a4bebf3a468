import type { Quota } from "@berth/domain/Quota"
import type { LiveHold, RunSnapshot } from "../../../src/inventory/Inventory.ts"
import type { RunDump } from "../../../src/inventory/RunDump.ts"
import { maskOfSlots, toBayBytes, travelClass } from "../Network.ts"
import type { RedisModel } from "./RedisModel.ts"

export const overdue = (redis: RedisModel, graceMillis: number): ReadonlyArray<LiveHold> => {
  const due: Array<LiveHold> = []
  for (const [holdId, { range, slots, state, time }] of redis.state?.holds ?? []) {
    if ((state === "held" || state === "waiting") && time + graceMillis <= redis.world.time.millis) {
      due.push({ holdId, state, travelClass, range, slots })
    }
  }
  return due
}

export const snapshot = (redis: RedisModel): RunSnapshot | null => {
  const { state } = redis
  if (state === null) return null
  const found = {
    masks: new Map([...state.masks].map(([quota, slots]) => [quota, maskOfSlots(slots)])),
    taken: toBayBytes(state.taken),
    freed: toBayBytes(state.freed),
    waitingParties: 0,
    waitingPassengers: 0
  }
  return { gate: state.gate, classes: new Map([[travelClass, found]]) }
}

export const dump = (redis: RedisModel, quotas: ReadonlyArray<Quota>): RunDump | null => {
  const { state } = redis
  if (state === null) return null
  const holds: Array<RunDump["holds"][number]> = []
  for (const [holdId, hold] of state.holds) {
    if (hold.state !== "ended" && hold.state !== "settled") holds.push({ holdId, travelClass, ...hold })
  }
  const waiting = holds.filter((hold) => hold.state === "waiting" || hold.state === "parked")
  const pools = quotas.map((quota) => {
    const ofPool = waiting.filter((hold) => hold.quota === quota)
    return [quota, {
      mask: maskOfSlots(state.masks.get(quota) ?? []),
      waitingParties: ofPool.length,
      waitingPassengers: ofPool.reduce((sum, { passengers }) => sum + passengers, 0),
      untouched: undefined
    }] as const
  })
  const bytes = { taken: toBayBytes(state.taken), freed: toBayBytes(state.freed), pools: new Map(pools) }
  return { gate: state.gate, holds, classes: new Map([[travelClass, bytes]]) }
}
