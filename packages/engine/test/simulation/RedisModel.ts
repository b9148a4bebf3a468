import type { LegRange } from "@berth/domain/LegRange"
import type { Quota } from "@berth/domain/Quota"
import type {
  AllocateReply,
  AllocateRequest,
  FenceReply,
  Freeing,
  HoldVerdict,
  Inventory,
  LiveHold,
  LoadRun,
  PromoteReply,
  QuotaMasks,
  RunSnapshot
} from "../../src/inventory/Inventory.ts"
import type { RunDump } from "../../src/inventory/RunDump.ts"
import type { RunGate } from "../../src/inventory/RunGate.ts"
import { keyHashOfHold } from "../../src/sale/BookingKey.ts"
import { fromBayBytes, legBits, legs, maskOfSlots, slotsMax, slotsOfMask, toBayBytes, travelClass } from "./Network.ts"
import { violated, type World } from "./World.ts"

type Options<Method extends "release" | "judge" | "setWaiting" | "promote" | "applyConfig"> = Parameters<
  Inventory["Service"][Method]
>[0]

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
interface State {
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

export const holdMillis = 15_000
export const allocateMillisMax = 2_000

const copyOf = (state: State): State => ({
  ...state,
  taken: [...state.taken],
  freed: [...state.freed],
  holds: new Map([...state.holds].map(([id, hold]) => [id, { ...hold }])),
  closed: new Set(state.closed),
  receipts: new Set(state.receipts),
  owners: new Map(state.owners)
})

const waits = ({ state }: ModelHold): boolean => state === "waiting" || state === "parked"

/** The Lua scripts, each at one moment, in the fewest words: the first berths that are free are given. */
export class RedisModel {
  state: State | null = null
  /** Changes with every restart that loses something. */
  instance = 1
  seededInstance = 0
  /** Whether what it has may be older than the record, until the run is loaded again. */
  rolledBack = false
  /** Numbers of the waitlist by hold, from the record: for the checks alone. */
  numberOf: (holdId: string) => number | undefined = () => undefined
  private older: State | null = null

  private readonly world: World

  constructor(world: World) {
    this.world = world
  }

  remember(): void {
    this.older = this.state === null ? null : copyOf(this.state)
  }

  empty(): void {
    this.state = null
    this.instance++
  }

  rollBack(): void {
    if (this.older === null) return
    this.state = copyOf(this.older)
    this.instance++
    this.rolledBack = true
  }

  private slotsFor(state: State, quota: Quota, range: LegRange, except?: ReadonlyArray<number>): Array<number> {
    const wanted = legBits(range)
    return (state.masks.get(quota) ?? []).filter((slot) =>
      ((state.taken[slot] ?? 0) & ~(except?.[slot] ?? 0) & wanted) === 0
    )
  }

  private take(state: State, holdId: string, slots: ReadonlyArray<number>, range: LegRange): void {
    for (const slot of slots) {
      state.taken[slot] = (state.taken[slot] ?? 0) | legBits(range)
      state.freed[slot] = (state.freed[slot] ?? 0) & ~legBits(range)
      for (let leg = range.from; leg < range.to; leg++) state.owners.set(8 * slot + leg, keyHashOfHold(holdId))
    }
  }

  private anybodyWaits(state: State): boolean {
    for (const hold of state.holds.values()) if (waits(hold)) return true
    return false
  }

  private close(state: State): void {
    for (const hold of state.holds.values()) if (waits(hold)) state.closed.add(hold.quota)
  }

  private free(state: State, slot: number, range: LegRange, owner: string): void {
    for (let leg = range.from; leg < range.to; leg++) {
      const has = state.owners.get(8 * slot + leg)
      if (has !== undefined && has !== owner && !this.rolledBack) {
        violated("a release frees what it names, once", `slot ${slot} leg ${leg} of ${owner} was freed, ${has} has it`)
      }
      state.owners.delete(8 * slot + leg)
    }
    const bits = legBits(range)
    if (this.world.guarded("freed list") && this.anybodyWaits(state)) {
      state.freed[slot] = (state.freed[slot] ?? 0) | ((state.taken[slot] ?? 0) & bits)
      this.close(state)
    } else {
      state.taken[slot] = (state.taken[slot] ?? 0) & ~bits
      state.freed[slot] = (state.freed[slot] ?? 0) & ~bits
    }
  }

  allocate(request: AllocateRequest, latestMillis: number): AllocateReply {
    const { state, world } = this
    const { fingerprint, gate, holdId, quota, range } = request
    if (state === null || state.gate.epoch !== gate.epoch || state.gate.version !== gate.version) {
      return { _tag: "Gate", gate: state === null ? null : { ...state.gate } }
    }
    const known = state.holds.get(holdId)
    if (known !== undefined) {
      if (known.state === "ended") return { _tag: "Ended" }
      if (known.fingerprint !== "" && known.fingerprint !== fingerprint) return { _tag: "Conflict" }
      const old = (known.state === "held" || known.state === "waiting") && known.time < world.millis
      if (old && world.guarded("no writing under a hold whose time is over")) return { _tag: "Late" }
      if (waits(known)) return { _tag: "Waiting", gate, known: true }
      return { _tag: "Held", slots: known.slots, gate, known: true }
    }
    if (world.millis > latestMillis) return { _tag: "Late" }
    const passengers = request.party.wishes.length
    const hold = { time: world.millis + holdMillis, quota, range, passengers, fingerprint }
    const free = this.slotsFor(state, quota, range)
    const behind = state.closed.has(quota) && world.guarded("a promoter before newcomers")
    if (free.length >= passengers && behind && request.firstTry) return { _tag: "Behind" }
    if (free.length >= passengers && !behind) {
      for (const [other, waiting] of state.holds) {
        if (
          waits(waiting) && waiting.quota === quota &&
          this.slotsFor(state, quota, waiting.range, state.freed).length >= waiting.passengers
        ) {
          violated(
            "nobody passes another in the waitlist",
            `newcomer ${holdId} was seated, and ${other} would have fit`
          )
        }
      }
      const slots = free.slice(0, passengers)
      this.take(state, holdId, slots, range)
      state.holds.set(holdId, { ...hold, state: "held", slots })
      return { _tag: "Held", slots, gate, known: false }
    }
    if (
      free.length < passengers && request.tellsScattered && this.isScattered(state, quota, range, passengers)
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

  private isScattered(state: State, quota: Quota, { from, to }: LegRange, passengers: number): boolean {
    for (let leg = from; leg < to; leg++) {
      if (this.slotsFor(state, quota, { from: leg, to: leg + 1 }).length < passengers) return false
    }
    return true
  }

  private fenced(epoch: number): FenceReply | undefined {
    const stored = this.state?.gate.epoch
    if (stored === undefined || stored < epoch) return "Early"
    return stored > epoch ? "Stale" : undefined
  }

  release({ epoch, freeings }: Options<"release">, ownerOf: (freeing: Freeing) => string): FenceReply {
    const refusal = this.fenced(epoch)
    const { state } = this
    if (state === null || refusal === "Early") return "Early"
    if (refusal !== undefined && this.world.guarded("epoch in the release")) return refusal
    for (const freeing of freeings) {
      if (this.world.guarded("receipts of releases") && state.receipts.has(freeing.saleId)) continue
      state.receipts.add(freeing.saleId)
      this.free(state, freeing.slot, freeing.range, ownerOf(freeing))
    }
    return "Applied"
  }

  judge({ epoch, graceMillis, verdicts }: Options<"judge">): FenceReply {
    const refusal = this.fenced(epoch)
    const { state } = this
    if (state === null || refusal !== undefined) return refusal ?? "Early"
    for (const verdict of verdicts) {
      const hold = state.holds.get(verdict.holdId)
      const renewed = graceMillis !== undefined && (hold?.state === "held" || hold?.state === "waiting") &&
        hold.time + graceMillis > this.world.millis
      if (!renewed || !this.world.guarded("a verdict of the sweep holds only while the hold is overdue")) {
        this.judgeOne(state, verdict)
      }
    }
    return "Applied"
  }

  private judgeOne(state: State, verdict: HoldVerdict): void {
    const { holdId } = verdict
    const hold = state.holds.get(holdId)
    if (hold === undefined) {
      if (verdict._tag === "Drop") {
        state.holds.set(holdId, {
          state: "ended",
          time: this.world.millis,
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
        for (const slot of slots) this.free(state, slot, range, owner)
        hold.state = "ended"
        hold.slots = []
        return
      case "Park":
        if (hold.state !== "held") return
        hold.passengers = Math.min(hold.passengers, verdict.passengers)
        hold.state = hold.passengers === 0 ? "ended" : "parked"
        hold.slots = []
        for (const slot of slots) this.free(state, slot, range, owner)
    }
  }

  setWaiting({ epoch, holdId, passengers }: Options<"setWaiting">): FenceReply {
    const refusal = this.fenced(epoch)
    const { state } = this
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

  promote(options: Options<"promote">): PromoteReply | { readonly _tag: "Gate"; readonly gate: RunGate | null } {
    const { state } = this
    const { gate, quota, waiting } = options
    if (state === null || state.gate.epoch !== gate.epoch || state.gate.version !== gate.version) {
      return { _tag: "Gate", gate: state === null ? null : { ...state.gate } }
    }
    const seated: Array<PromoteReply["seated"][number]> = []
    const named = new Set<string>()
    for (const { holdId, party, range } of waiting) {
      const hold = state.holds.get(holdId)
      if (hold === undefined || named.has(holdId) || hold.quota !== quota || !waits(hold)) continue
      const free = this.slotsFor(state, quota, range, state.freed)
      if (free.length < party.wishes.length) {
        // Of one that has shrunk since the record was asked, the rest may fit.
        if (party.wishes.length <= hold.passengers) named.add(holdId)
        hold.state = "parked"
        continue
      }
      this.checkOrder(state, holdId, quota)
      const slots = free.slice(0, party.wishes.length)
      this.take(state, holdId, slots, range)
      Object.assign(hold, { state: "held", time: this.world.millis + holdMillis, range, slots })
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

  private checkOrder(state: State, holdId: string, quota: Quota): void {
    const number = this.numberOf(holdId)
    if (number === undefined) return
    for (const [other, hold] of state.holds) {
      const before = this.numberOf(other)
      if (
        before !== undefined && before < number && waits(hold) && hold.quota === quota &&
        this.slotsFor(state, quota, hold.range, state.freed).length >= hold.passengers
      ) {
        violated("nobody passes another in the waitlist", `GNWL${number} was promoted before GNWL${before}`)
      }
    }
  }

  applyConfig({ classes, gate }: Options<"applyConfig">): FenceReply {
    const refusal = this.fenced(gate.epoch)
    const { state } = this
    if (state === null || refusal !== undefined) return refusal ?? "Early"
    if (state.gate.version >= gate.version) return "Stale"
    const before = state.masks
    state.masks = slotsByQuota(classes[0]?.masks)
    state.gate = { ...gate }
    if (!this.anybodyWaits(state)) return "Applied"
    for (const [quota, slots] of state.masks) {
      for (const slot of slots) {
        if ((before.get(quota) ?? []).includes(slot)) continue
        this.setAside(state, slot)
        this.close(state)
      }
    }
    return "Applied"
  }

  private setAside(state: State, slot: number): void {
    const free = legBits({ from: 0, to: legs }) & ~(state.taken[slot] ?? 0)
    state.taken[slot] = (state.taken[slot] ?? 0) | free
    state.freed[slot] = (state.freed[slot] ?? 0) | free
  }

  load(run: LoadRun, ownerOf: (slot: number, leg: number) => string): boolean {
    if (
      this.state !== null && this.state.gate.epoch >= run.gate.epoch &&
      this.world.guarded("epoch above the stored one to load")
    ) return false
    const loaded = run.classes[0]
    const state: State = {
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
    if (state.holds.size > 0 && this.world.guarded("free legs kept back by a load")) {
      for (const slots of state.masks.values()) for (const slot of slots) this.setAside(state, slot)
      this.close(state)
    }
    this.state = state
    this.rolledBack = false
    return true
  }

  overdue(graceMillis: number): ReadonlyArray<LiveHold> {
    const due: Array<LiveHold> = []
    for (const [holdId, { range, slots, state, time }] of this.state?.holds ?? []) {
      if ((state === "held" || state === "waiting") && time + graceMillis <= this.world.millis) {
        due.push({ holdId, state, travelClass, range, slots })
      }
    }
    return due
  }

  snapshot(): RunSnapshot | null {
    const { state } = this
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

  dump(quotas: ReadonlyArray<Quota>): RunDump | null {
    const { state } = this
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
}

const slotsByQuota = (masks: QuotaMasks | undefined): ReadonlyMap<Quota, ReadonlyArray<number>> =>
  new Map([...masks ?? []].map(([quota, mask]) => [quota, slotsOfMask(mask)]))
