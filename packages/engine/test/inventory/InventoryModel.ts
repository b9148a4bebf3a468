import { berthAt } from "@berth/domain/CoachLayout"
import type { LegRange } from "@berth/domain/LegRange"
import type { Quota } from "@berth/domain/Quota"
import { assert } from "@effect/vitest"
import type { HoldVerdict, LoadRun, Party, QuotaMasks, WaitingParty } from "../../src/inventory/Inventory.ts"
import type { RunGate } from "../../src/inventory/RunGate.ts"
import * as Fixtures from "./Fixtures.ts"

export interface ModelHold {
  state: "held" | "settled" | "waiting" | "parked" | "ended"
  quota: Quota
  range: LegRange
  party: Party
  passengers: number
  slots: ReadonlyArray<number>
}

const typeOf = (slot: number) => berthAt(Fixtures.layout, slot).berthType
const coachOf = (slot: number) => berthAt(Fixtures.layout, slot).coach

/** What the inventory owes, as sets and nothing clever: a berth's leg is `slot:leg`. */
export class InventoryModel {
  gate: RunGate = Fixtures.gate
  masks: QuotaMasks = Fixtures.masks
  /** Legs that nobody may take, each with why: a hold's id, a sale's, or "aside" for those who wait. */
  readonly taken = new Map<string, string>()
  readonly holds = new Map<string, ModelHold>()
  readonly made = new Set<Quota>()
  /** Pools in which somebody who waits may fit, so that a promoter comes before newcomers. */
  readonly closed = new Set<Quota>()

  slotsOf(quota: Quota): Array<number> {
    return [...this.masks.get(quota) ?? []].flatMap((bits, bay) =>
      [0, 1, 2, 3, 4, 5, 6, 7].filter((position) => (bits & (1 << position)) !== 0).map((position) =>
        bay * 8 + position
      )
    )
  }

  legsOf(slot: number, range: LegRange = { from: 0, to: Fixtures.legs }): Array<string> {
    return Array.from({ length: range.to - range.from }, (_, n) => `${slot}:${range.from + n}`)
  }

  /** Berths of a pool free on a journey; for those who wait, legs set aside are free. */
  freeSlots(quota: Quota, range: LegRange, forWaiting: boolean): Array<number> {
    return this.slotsOf(quota).filter((slot) =>
      this.legsOf(slot, range).every((leg) => !this.taken.has(leg) || forWaiting && this.taken.get(leg) === "aside")
    )
  }

  fits(quota: Quota, range: LegRange, party: Party, forWaiting: boolean): boolean {
    const holds = (slots: ReadonlyArray<number>) =>
      slots.length >= party.wishes.length &&
      slots.filter((slot) => typeOf(slot) === "LB").length >= party.lowerBerthsMin
    const free = this.freeSlots(quota, range, forWaiting)
    return party.sameCoach
      ? [...new Set(free.map(coachOf))].some((coach) => holds(free.filter((slot) => coachOf(slot) === coach)))
      : holds(free)
  }

  waiting(quota?: Quota): Array<[string, ModelHold]> {
    return [...this.holds].filter(([, hold]) =>
      (hold.state === "waiting" || hold.state === "parked") && (quota === undefined || hold.quota === quota)
    )
  }

  /** Checks that these slots may go to the party, and takes them. */
  seat(holdId: string, quota: Quota, range: LegRange, party: Party, slots: ReadonlyArray<number>, forWaiting: boolean) {
    assert.strictEqual(slots.length, party.wishes.length)
    assert.strictEqual(new Set(slots).size, slots.length, "a berth given twice in a party")
    const free = new Set(this.freeSlots(quota, range, forWaiting))
    assert.isTrue(slots.every((slot) => free.has(slot)), `${slots} are not all free for ${holdId}`)
    assert.isAtLeast(slots.filter((slot) => typeOf(slot) === "LB").length, party.lowerBerthsMin)
    if (party.sameCoach) assert.strictEqual(new Set(slots.map(coachOf)).size, 1)
    for (const type of new Set(slots.map(typeOf))) {
      const given = slots.filter((slot) => typeOf(slot) === type).length
      const wished = party.wishes.filter((wish) => wish === type).length
      const met = slots.filter((slot, n) => typeOf(slot) === type && party.wishes[n] === type).length
      assert.strictEqual(met, Math.min(given, wished), "a berth wished for went to somebody else of the party")
    }
    for (const slot of slots) for (const leg of this.legsOf(slot, range)) this.taken.set(leg, holdId)
    this.made.add(quota)
    this.holds.set(holdId, { state: "held", quota, range, party, passengers: party.wishes.length, slots })
  }

  /** Those of a party who wait on; who left is not known, so their conditions count as they were at most. */
  left({ party, passengers }: ModelHold): Party {
    const lowerBerthsMin = Math.min(party.lowerBerthsMin, passengers)
    return { ...party, wishes: party.wishes.slice(0, Math.max(1, passengers)), lowerBerthsMin }
  }

  private close() {
    for (const [, { quota }] of this.waiting()) this.closed.add(quota)
  }

  free(slot: number, range: LegRange) {
    const aside = this.waiting().length > 0
    if (aside) this.close()
    for (const leg of this.legsOf(slot, range)) {
      if (!this.taken.has(leg)) continue
      if (aside) this.taken.set(leg, "aside")
      else this.taken.delete(leg)
    }
  }

  judge(verdict: HoldVerdict) {
    const hold = this.holds.get(verdict.holdId)
    if (hold === undefined) return
    const seated = hold.state === "held"
    const waits = hold.state === "waiting" || hold.state === "parked"
    switch (verdict._tag) {
      case "Settle":
        if (seated) hold.state = "settled"
        else if (waits) hold.state = "parked"
        return
      case "Drop":
        if (seated || waits) hold.state = "ended"
        if (seated) { for (const slot of hold.slots) this.free(slot, hold.range) }
        return
      case "Park":
        if (!seated) return
        hold.passengers = Math.min(hold.passengers, verdict.passengers)
        hold.state = hold.passengers === 0 ? "ended" : "parked"
        for (const slot of hold.slots) this.free(slot, hold.range)
    }
  }

  promote(
    quota: Quota,
    named: ReadonlyArray<WaitingParty>,
    seated: ReadonlyMap<string, ReadonlyArray<number>>
  ): boolean {
    for (const { holdId, party, range } of named) {
      const hold = this.holds.get(holdId)
      if (hold === undefined || hold.quota !== quota || hold.state !== "waiting" && hold.state !== "parked") {
        assert.isFalse(seated.has(holdId), `${holdId} does not wait and was seated`)
        continue
      }
      const slots = seated.get(holdId)
      assert.strictEqual(
        slots !== undefined,
        this.fits(quota, range, party, true),
        `${holdId} was passed or does not fit`
      )
      if (slots === undefined) hold.state = "parked"
      else this.seat(holdId, quota, range, party, slots, true)
    }
    const unnamed = (other: Quota) =>
      this.waiting(other).some(([holdId, { passengers }]) =>
        other !== quota ||
        !named.some((party) => party.holdId === holdId && party.party.wishes.length <= passengers)
      )
    const kept = new Set(Fixtures.quotas.filter(unnamed).flatMap((other) => this.slotsOf(other)))
    for (const [leg, why] of this.taken) {
      if (why === "aside" && !kept.has(Number(leg.split(":")[0]))) this.taken.delete(leg)
    }
    if (!unnamed(quota)) this.closed.delete(quota)
    return !unnamed(quota)
  }

  applyConfig(masks: QuotaMasks) {
    const before = new Map(Fixtures.quotas.map((quota) => [quota, new Set(this.slotsOf(quota))]))
    this.masks = masks
    this.gate = { ...this.gate, version: this.gate.version + 1 }
    if (this.waiting().length === 0) return
    for (const quota of Fixtures.quotas) {
      const added = this.slotsOf(quota).filter((slot) => before.get(quota)?.has(slot) !== true)
      if (added.length > 0) this.close()
      for (const slot of added) this.setAside(slot)
    }
  }

  private setAside(slot: number) {
    for (const leg of this.legsOf(slot)) if (!this.taken.has(leg)) this.taken.set(leg, "aside")
  }

  /** Rebuilds from what a ledger would know: settled holds and parties it has. Returns what to load. */
  rebuild(run: LoadRun["run"]): LoadRun {
    this.gate = { ...this.gate, epoch: this.gate.epoch + 1 }
    for (const [leg, why] of this.taken) {
      const hold = this.holds.get(why)
      if (why === "aside" || hold !== undefined && hold.state !== "settled") this.taken.delete(leg)
    }
    const parties = this.waiting().filter(([, hold]) => hold.state === "parked")
    const taken = this.bytes(() => true)
    this.holds.clear()
    this.made.clear()
    this.closed.clear()
    for (const [holdId, hold] of parties) this.holds.set(holdId, hold)
    this.close()
    if (parties.length > 0) {
      for (const quota of Fixtures.quotas) for (const slot of this.slotsOf(quota)) this.setAside(slot)
    }
    const waiting = parties.map(([holdId, { passengers, quota, range }]) => ({ holdId, quota, passengers, range }))
    return { run, gate: this.gate, classes: [{ classOfRun: Fixtures.classOfRun, masks: this.masks, taken, waiting }] }
  }

  /** `[bay][leg]`, without empty bays at the end. */
  bytes(included: (why: string) => boolean): Uint8Array {
    const bytes: Array<number> = []
    for (const [leg, why] of this.taken) {
      const [slot = 0, n = 0] = leg.split(":").map(Number)
      const at = (slot >> 3) * Fixtures.legs + n
      while (bytes.length < ((slot >> 3) + 1) * Fixtures.legs) bytes.push(0)
      if (included(why)) bytes[at] = (bytes[at] ?? 0) | (1 << (slot & 7))
    }
    return Uint8Array.from(bytes)
  }

  /** Members and scores of a pool's ZSET: berths for sale that nobody has on any leg. */
  zset(quota: Quota, berthType: string): Array<string> {
    if (!this.made.has(quota)) return []
    const forSale = this.slotsOf(quota).filter((slot) =>
      typeOf(slot) === berthType && this.legsOf(slot).every((leg) => !this.taken.has(leg))
    )
    return forSale.flatMap((slot) => [berthAt(Fixtures.layout, slot).name, String(slot)])
  }
}
