import type { ConfigReply, FenceReply, Freeing, HoldVerdict, Inventory } from "../../../src/inventory/Inventory.ts"
import { keyHashOfHold } from "../../../src/sale/BookingKey.ts"
import type { RedisModel } from "./RedisModel.ts"
import { anybodyWaits, close, type RunState, setAside, slotsByQuota, waits } from "./RunState.ts"

type Options<Method extends "release" | "judge" | "setWaiting" | "applyConfig"> = Parameters<
  Inventory["Service"][Method]
>[0]

export const release = (
  redis: RedisModel,
  { epoch, freeings }: Options<"release">,
  ownerOf: (freeing: Freeing) => string
): FenceReply => {
  const refusal = redis.fenced(epoch)
  const { state } = redis
  if (state === null || refusal === "Early") return "Early"
  if (refusal !== undefined && redis.world.guarded("epoch in the release")) return refusal
  for (const freeing of freeings) {
    if (redis.world.guarded("receipts of releases") && state.receipts.has(freeing.saleId)) continue
    state.receipts.add(freeing.saleId)
    redis.free(state, freeing.slot, freeing.range, ownerOf(freeing))
  }
  return "Applied"
}

const judgeOne = (redis: RedisModel, state: RunState, verdict: HoldVerdict): void => {
  const { holdId } = verdict
  const hold = state.holds.get(holdId)
  if (hold === undefined) {
    if (verdict._tag === "Drop") {
      state.holds.set(holdId, {
        state: "ended",
        time: redis.world.time.millis,
        quota: "GN",
        range: { from: 0, to: 0 },
        passengers: 0,
        fingerprint: "",
        slots: []
      })
    }
    return
  }
  const { range, slots } = hold
  const owner = keyHashOfHold(holdId)
  switch (verdict._tag) {
    case "Settle":
      if (hold.state === "held") hold.state = "settled"
      else if (hold.state === "waiting") hold.state = "parked"
      return
    case "Drop":
      if (hold.state !== "held" && !waits(hold)) return
      for (const slot of slots) redis.free(state, slot, range, owner)
      hold.state = "ended"
      hold.slots = []
      return
    case "Park":
      if (hold.state !== "held") return
      hold.passengers = Math.min(hold.passengers, verdict.passengers)
      hold.state = hold.passengers === 0 ? "ended" : "parked"
      hold.slots = []
      for (const slot of slots) redis.free(state, slot, range, owner)
  }
}

export const judge = (redis: RedisModel, { epoch, graceMillis, verdicts }: Options<"judge">): FenceReply => {
  const refusal = redis.fenced(epoch)
  const { state } = redis
  if (state === null || refusal !== undefined) return refusal ?? "Early"
  for (const verdict of verdicts) {
    const hold = state.holds.get(verdict.holdId)
    const renewed = graceMillis !== undefined && (hold?.state === "held" || hold?.state === "waiting") &&
      hold.time + graceMillis > redis.world.time.millis
    if (!renewed || !redis.world.guarded("a verdict of the sweep holds only while the hold is overdue")) {
      judgeOne(redis, state, verdict)
    }
  }
  return "Applied"
}

export const setWaiting = (redis: RedisModel, { epoch, holdId, passengers }: Options<"setWaiting">): FenceReply => {
  const refusal = redis.fenced(epoch)
  const { state } = redis
  const hold = state?.holds.get(holdId)
  if (state === null || refusal !== undefined) return refusal ?? "Early"
  if (hold === undefined || passengers >= hold.passengers) return "Applied"
  if (hold.state === "held") hold.passengers = passengers
  if (!waits(hold)) return "Applied"
  hold.passengers = passengers
  if (passengers === 0) hold.state = "ended"
  else state.closed.add(hold.quota)
  return "Applied"
}

export const applyConfig = (redis: RedisModel, { classes, gate }: Options<"applyConfig">): ConfigReply => {
  const refusal = redis.fenced(gate.epoch)
  const { state } = redis
  if (state === null || refusal !== undefined) return refusal ?? "Early"
  if (state.gate.version >= gate.version) return "Stale"
  const before = state.masks
  state.masks = slotsByQuota(classes[0]?.masks)
  state.gate = { ...gate }
  if (!anybodyWaits(state)) return "Applied"
  for (const [quota, slots] of state.masks) {
    for (const slot of slots) {
      if ((before.get(quota) ?? []).includes(slot)) continue
      setAside(state, slot)
      close(state)
    }
  }
  return "Awaited"
}
