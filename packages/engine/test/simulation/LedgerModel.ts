import type { Booking } from "@berth/domain/Booking"
import type { Pnr } from "@berth/domain/Pnr"
import { Pnr as PnrSchema } from "@berth/domain/Pnr"
import type { Quota } from "@berth/domain/Quota"
import { runBerthOf, slotOf } from "@berth/domain/RunId"
import { DateTime } from "effect"
import { toBooking } from "../../src/ledger/BookingRows.ts"
import type { Cancelled, FreedSale, LeavingParty, Unfreed } from "../../src/ledger/Cancellations.ts"
import type { HoldFact } from "../../src/ledger/HoldFacts.ts"
import type { CommitOutcome, NewBooking } from "../../src/ledger/NewBooking.ts"
import type { SoldBerth } from "../../src/ledger/PlacedSales.ts"
import type { RebuildingRun, SaleMove, SoldLegs, WaitingHold } from "../../src/ledger/RunEpochs.ts"
import type { Promotion, PromotionOutcome, WaitingBooking } from "../../src/ledger/Waitlist.ts"
import type { Composition } from "../../src/timetable/Compositions.ts"
import {
  date,
  legBits,
  legs,
  maskOfSlots,
  quotas,
  route,
  runId,
  slotsMax,
  stations,
  trainId,
  trainNumber,
  travelClass,
  waitlistMax
} from "./Network.ts"
import { violated, type World } from "./World.ts"

type Traveller = NewBooking["passengers"][number] & {
  state: "CONFIRMED" | "WAITLISTED" | "CANCELLED"
  berth: number | null
  movedFrom: number | null
  readonly waitlistNumber: number | null
}

interface Entry {
  readonly number: number
  readonly holdId: string
  passengers: number
  state: "waiting" | "promoted" | "cancelled"
  leaving: boolean
}

export interface BookingRecord {
  readonly booked: NewBooking
  readonly createdMillis: number
  epoch: number
  readonly passengers: Array<Traveller>
  readonly entry: Entry | undefined
}

interface Sale {
  readonly id: number
  slot: number
  readonly from: number
  readonly to: number
  readonly pnr: Pnr
  readonly passenger: number
  active: boolean
  freeing: boolean
}

/** The tables and functions of the record, each call one transaction; of one run. */
export class LedgerModel {
  readonly run: { epoch: number; state: "NEW" | "REBUILDING" | "OPEN"; appliedVersion: number } = {
    epoch: 0,
    state: "NEW",
    appliedVersion: 0
  }
  configVersion = 1
  /** Berths by slot: those that are for sale with their quota. */
  readonly forSale: Array<Quota | undefined>
  readonly bookings = new Map<Pnr, BookingRecord>()
  readonly keys = new Map<string, { readonly fingerprint: string; readonly pnr: Pnr }>()
  readonly sales: Array<Sale> = []
  private lastNumber = 0
  private pnrs = 0
  private readonly world: World

  constructor(world: World, forSale: ReadonlyArray<Quota | undefined>) {
    this.world = world
    this.forSale = [...forSale]
  }

  nextPnr(): Pnr {
    return PnrSchema.make(String(1_000_000_000 + this.pnrs++))
  }

  /** Legs that are sold, as bits by slot. */
  soldLegs(): Array<number> {
    const sold = Array.from({ length: slotsMax }, () => 0)
    for (const { active, from, slot, to } of this.sales) {
      if (active) sold[slot] = (sold[slot] ?? 0) | legBits({ from, to })
    }
    return sold
  }

  private isFree(slot: number, from: number, to: number): boolean {
    return !this.sales.some((sale) => sale.active && sale.slot === slot && sale.from < to && from < sale.to)
  }

  /** Sells a party's berths, or tells why not. */
  private sell(
    booked: Pick<NewBooking, "quota" | "fromStop" | "toStop" | "pnr">,
    seats: ReadonlyArray<{ readonly number: number; readonly berth: number }>
  ): "sold" | "withdrawn" | "taken" {
    const { fromStop: from, pnr, quota, toStop: to } = booked
    const wanted = seats.map(({ berth, number }) => ({ slot: slotOf(berth), passenger: number }))
    const withdrawn = wanted.some(({ slot }) => this.forSale[slot] !== quota)
    if (withdrawn && this.world.guarded("berths for sale are checked at commit")) return "withdrawn"
    const taken = wanted.some(({ slot }) => !this.isFree(slot, from, to))
    if (taken && this.world.guarded("exclusion of overlapping sales")) return "taken"
    if (withdrawn) violated("every berth committed is for sale at commit", `${pnr} got one that is not`)
    if (taken) violated("no two active sales overlap", `${pnr} got a berth that is sold`)
    for (const { passenger, slot } of wanted) {
      this.sales.push({ id: this.sales.length + 1, slot, from, to, pnr, passenger, active: true, freeing: false })
    }
    return "sold"
  }

  private isFenced(epoch: number): boolean {
    return (this.run.epoch !== epoch || this.run.state !== "OPEN") &&
      this.world.guarded("fence of the commit by epoch and state")
  }

  private isLate(deadlineMillis: number, beganMillis: number): boolean {
    return deadlineMillis < beganMillis && this.world.guarded("deadline of the commit")
  }

  commit(booked: NewBooking, beganMillis: number): CommitOutcome {
    const bookedAt = DateTime.formatIso(DateTime.makeUnsafe(beganMillis))
    const refuse = (outcome: CommitOutcome["outcome"]) => ({ outcome, waitlistNumber: null, bookedAt })
    const { fingerprint, keyHash, passengers, pnr, waiting } = booked
    if (this.keys.has(keyHash)) {
      if (this.world.guarded("one row a key")) return refuse("duplicate")
    }
    if (this.isFenced(booked.epoch)) return refuse("fenced")
    if (this.isLate(booked.deadlineMillis, beganMillis)) return refuse("late")
    if (!waiting) {
      const seats = passengers.map(({ berth, number }) => ({ number, berth: berth ?? -1 }))
      const outcome = this.sell(booked, seats)
      if (outcome !== "sold") return refuse(outcome)
    }
    if (this.keys.has(keyHash)) violated("one key, one booking", `${keyHash} has two`)
    this.keys.set(keyHash, { fingerprint, pnr })
    const first = this.lastNumber + 1
    if (waiting) this.lastNumber += passengers.length
    this.bookings.set(pnr, {
      booked,
      createdMillis: beganMillis,
      epoch: booked.epoch,
      passengers: passengers.map((passenger, index) => ({
        ...passenger,
        movedFrom: null,
        state: waiting ? "WAITLISTED" : "CONFIRMED",
        waitlistNumber: waiting ? first + index : null
      })),
      entry: waiting
        ? { number: first, holdId: booked.holdId, passengers: passengers.length, state: "waiting", leaving: false }
        : undefined
    })
    return { outcome: "committed", waitlistNumber: waiting ? first : null, bookedAt }
  }

  cancel(pnr: Pnr, numbers: ReadonlyArray<number> | null): Cancelled | null {
    const record = this.bookings.get(pnr)
    if (record === undefined) return null
    const { entry, passengers } = record
    const gone = passengers.filter(({ number, state }) =>
      state !== "CANCELLED" && (numbers === null || numbers.includes(number))
    )
    const { epoch } = this.run
    if (gone.length === 0 || numbers !== null && gone.length < numbers.length) {
      return { cancelled: [], runId, epoch, freed: [], travelClass: null, waiting: null }
    }
    const freed: Array<FreedSale> = []
    for (const passenger of gone) {
      passenger.state = "CANCELLED"
      for (const sale of this.sales) {
        if (!sale.active || sale.pnr !== pnr || sale.passenger !== passenger.number) continue
        sale.active = false
        sale.freeing = true
        freed.push(this.toFreed(sale))
      }
    }
    const waited = entry?.state === "waiting"
    if (entry !== undefined && waited) {
      entry.passengers = passengers.filter(({ state }) => state === "WAITLISTED").length
      entry.leaving = true
      if (entry.passengers === 0) entry.state = "cancelled"
    }
    return {
      cancelled: gone.map(({ number }) => number),
      runId,
      epoch,
      freed,
      travelClass,
      waiting: entry !== undefined && waited ? { holdId: entry.holdId, passengers: entry.passengers } : null
    }
  }

  private toFreed({ from, id, slot, to }: Sale): FreedSale {
    return { id, berth: runBerthOf(runId, travelClass, slot), from, to }
  }

  freed(saleIds: ReadonlyArray<number>): void {
    for (const sale of this.sales) if (saleIds.includes(sale.id)) sale.freeing = false
  }

  unfreed(): ReadonlyArray<Unfreed> {
    return this.sales.filter(({ freeing }) => freeing).map(({ from, id, slot, to }) => ({
      id,
      berth: runBerthOf(runId, travelClass, slot),
      from,
      to,
      epoch: this.run.epoch,
      runId
    }))
  }

  left({ passengers, pnr }: LeavingParty): void {
    const entry = this.bookings.get(pnr)?.entry
    if (entry?.passengers === passengers) entry.leaving = false
  }

  leaving(): ReadonlyArray<LeavingParty> {
    return [...this.bookings].flatMap(([pnr, { entry }]) =>
      entry?.leaving === true
        ? [{ pnr, runId, epoch: this.run.epoch, travelClass, holdId: entry.holdId, passengers: entry.passengers }]
        : []
    )
  }

  promote({ deadline, epoch, pnr, seats }: Promotion, beganMillis: number): PromotionOutcome {
    if (this.isFenced(epoch)) return "fenced"
    if (this.isLate(DateTime.toEpochMillis(DateTime.makeUnsafe(deadline)), beganMillis)) return "late"
    const record = this.bookings.get(pnr)
    const waiting = record?.passengers.filter(({ state }) => state === "WAITLISTED") ?? []
    const asked = seats.map(({ number }) => number)
    if (record?.entry === undefined || waiting.map(({ number }) => number).join() !== asked.toSorted().join()) {
      return "gone"
    }
    if (this.sell({ ...record.booked, pnr }, seats) !== "sold") return "lost"
    for (const passenger of waiting) {
      passenger.state = "CONFIRMED"
      passenger.berth = seats.find(({ number }) => number === passenger.number)?.berth ?? null
    }
    record.entry.state = "promoted"
    record.entry.passengers = 0
    record.epoch = epoch
    return "committed"
  }

  private inOrder(): Array<readonly [Pnr, BookingRecord, Entry]> {
    return [...this.bookings].flatMap(([pnr, record]) =>
      record.entry?.state === "waiting" ? [[pnr, record, record.entry] as const] : []
    ).toSorted(([, , one], [, , other]) => one.number - other.number)
  }

  waiting(): ReadonlyArray<WaitingBooking> {
    const parties = this.inOrder().flatMap(([pnr, { booked, passengers }, { holdId, number }]) => {
      const [first, ...rest] = passengers.filter(({ state }) => state === "WAITLISTED")
      const { fromStop, lowerBerthsMin, sameCoach, toStop } = booked
      return first === undefined
        ? []
        : [
          {
            pnr,
            holdId,
            travelClass,
            number,
            fromStop,
            toStop,
            sameCoach,
            lowerBerthsMin,
            passengers: [first, ...rest]
          } as const
        ]
    })
    return this.world.guarded("order of the waitlist") ? parties : parties.toReversed()
  }

  numberOf(holdId: string): number | undefined {
    for (const { entry } of this.bookings.values()) {
      if (entry?.holdId === holdId && entry.state === "waiting") return entry.number
    }
    return undefined
  }

  facts(keyHashes: ReadonlyArray<string>): ReadonlyArray<HoldFact> {
    return keyHashes.flatMap((keyHash) => {
      const record = this.bookings.get(this.keys.get(keyHash)?.pnr ?? PnrSchema.make("9999999999"))
      if (record === undefined || !this.world.guarded("sweep asks the record")) return []
      const { entry, epoch, passengers } = record
      return [{
        keyHash,
        epoch,
        berths: passengers.flatMap(({ berth }) => berth === null ? [] : [berth]),
        waiting: entry?.state === "waiting" ? { holdId: entry.holdId, passengers: entry.passengers } : null
      }]
    })
  }

  find(pnr: Pnr, view: "now" | "asBooked"): Booking | undefined {
    const record = this.bookings.get(pnr)
    if (record === undefined) return undefined
    const { booked, createdMillis, passengers } = record
    const [from = route.stops[0]?.code, to = from] = [stations[booked.fromStop], stations[booked.toStop]]
    if (from === undefined || to === undefined) return undefined
    return toBooking({
      pnr,
      trainId,
      date,
      from,
      to,
      travelClass,
      quota: booked.quota,
      userId: booked.userId,
      bookedAt: DateTime.makeUnsafe(createdMillis),
      bookedMicros: `${createdMillis}000`,
      hold: null,
      passengers: passengers.map(({ age, berth, gender, movedFrom, name, number, state, waitlistNumber }) => ({
        number,
        name,
        age,
        gender,
        state,
        berth,
        movedFrom,
        waitlistNumber,
        waitlistNow: waitlistNumber
      }))
    }, view)
  }

  close(): void {
    if (this.run.state === "OPEN") this.run.state = "NEW"
  }

  beginRebuild(which: "all" | "unloaded"): ReadonlyArray<RebuildingRun> {
    if (which === "unloaded" && this.run.state === "OPEN") return []
    this.run.epoch++
    this.run.state = "REBUILDING"
    if (this.world.guarded("releases end with their epoch")) {
      for (const sale of this.sales) sale.freeing = false
      for (const { entry } of this.bookings.values()) if (entry !== undefined) entry.leaving = false
    }
    const { epoch } = this.run
    return [{ id: runId, trainId, trainNumber, date, routeId: route.id, epoch, legs, version: this.configVersion }]
  }

  /** Moves sales and raises the epoch, or neither. */
  beginRepack(epoch: number, moves: ReadonlyArray<SaleMove>): ReadonlyArray<RebuildingRun> | undefined {
    if (this.run.epoch !== epoch || this.run.state !== "OPEN") return undefined
    const going = moves.flatMap(({ from, sale: id, to }) => {
      const sale = this.sales[id - 1]
      return sale?.active === true && sale.slot === slotOf(from) ? [{ sale, to: slotOf(to) }] : []
    })
    const forSale = going.every(({ sale, to }) =>
      this.forSale[to] !== undefined && this.forSale[to] === this.bookings.get(sale.pnr)?.booked.quota
    )
    if (going.length < moves.length || !forSale) return undefined
    for (const { sale } of going) sale.active = false
    if (
      this.world.guarded("moves are refused where the sales have changed") &&
      going.some(({ sale, to }) => !this.isFree(to, sale.from, sale.to))
    ) {
      for (const { sale } of going) sale.active = true
      return undefined
    }
    for (const { sale, to } of going) {
      if (!this.isFree(to, sale.from, sale.to)) {
        violated("no two active sales overlap", `${sale.pnr} was moved to ${to}`)
      }
      const passenger = this.bookings.get(sale.pnr)?.passengers.find(({ number }) => number === sale.passenger)
      if (passenger === undefined || passenger.wish !== null) violated("nobody is moved who chose", sale.pnr)
      else {
        passenger.movedFrom ??= passenger.berth
        passenger.berth = runBerthOf(runId, travelClass, to)
        if (passenger.movedFrom === passenger.berth) passenger.movedFrom = null
      }
      sale.slot = to
      sale.active = true
    }
    return this.beginRebuild("all")
  }

  placed(): ReadonlyArray<SoldBerth> {
    return this.sales.filter(({ active }) => active).flatMap(({ from, id, passenger, pnr, slot, to }) => {
      const record = this.bookings.get(pnr)
      const wish = record?.passengers.find(({ number }) => number === passenger)?.wish
      return record === undefined ? [] : [{
        id,
        berth: runBerthOf(runId, travelClass, slot),
        from,
        to,
        pnr,
        quota: record.booked.quota,
        sameCoach: record.booked.sameCoach,
        movable: wish === null
      }]
    })
  }

  overtake(epoch: number, redisEpoch: number): void {
    if (this.run.epoch !== epoch || this.run.state !== "REBUILDING") return
    this.run.epoch = redisEpoch
    this.run.state = "NEW"
  }

  open(epoch: number, version: number): void {
    if (this.run.epoch !== epoch || this.run.state !== "REBUILDING") return
    this.run.state = "OPEN"
    this.run.appliedVersion = version
  }

  applied(epoch: number, version: number): void {
    if (this.run.epoch === epoch && this.run.appliedVersion < version) this.run.appliedVersion = version
  }

  sold(): ReadonlyArray<SoldLegs> {
    return this.sales.filter(({ active }) => active).map(({ from, slot, to }) => ({
      runId,
      berth: runBerthOf(runId, travelClass, slot),
      from,
      to
    }))
  }

  waitingHolds(): ReadonlyArray<WaitingHold> {
    return this.inOrder().map(([, { booked: { fromStop, quota, toStop } }, { holdId, passengers }]) => ({
      runId,
      travelClass,
      quota,
      holdId,
      passengers,
      from: fromStop,
      to: toStop
    }))
  }

  /** The key of whoever has a leg, or had it last where it was cancelled since a load read it. */
  ownerOf(slot: number, leg: number): string {
    const sales = this.sales.filter((sale) => sale.slot === slot && sale.from <= leg && leg < sale.to)
    const sale = sales.find(({ active }) => active) ?? sales.at(-1)
    return sale === undefined ? "nobody" : this.keyOf(sale.pnr)
  }

  keyOf(pnr: Pnr): string {
    return this.bookings.get(pnr)?.booked.keyHash ?? "nobody"
  }

  composition(): Composition {
    const masks = quotas.map((quota) =>
      [quota, maskOfSlots(this.forSale.flatMap((sold, slot) => sold === quota ? [slot] : []))] as const
    ).filter(([, mask]) => mask.length > 0)
    return {
      version: this.configVersion,
      classes: new Map([[travelClass, { travelClass, quotas, masks: new Map(masks), waitlistMax }]])
    }
  }

  /** Retires berths, adds some, or moves some to the other quota, in the operator's own transaction. */
  edit(): void {
    for (let changes = 1 + this.world.below(3); changes > 0; changes--) {
      const slot = this.world.below(slotsMax)
      const now = this.forSale[slot]
      const next = this.world.pick(["GN", "GN", "TQ", "retired"] as const)
      this.forSale[slot] = next === "retired" ? undefined : next
      if (now === undefined && this.forSale.filter((quota) => quota !== undefined).length > 5) {
        this.forSale[slot] = undefined
      }
    }
    this.configVersion++
    this.world.note(() => `edit: ${JSON.stringify(this.forSale)}, version ${this.configVersion}`)
  }
}
