import { Pnr } from "@berth/domain/Pnr"
import type { Quota } from "@berth/domain/Quota"
import { slotOf } from "@berth/domain/RunId"
import type { NewBooking } from "../../../src/ledger/NewBooking.ts"
import { legBits, slotsMax } from "../Network.ts"
import { violated } from "../Violation.ts"
import type { World } from "../World.ts"

type Traveller = NewBooking["passengers"][number] & {
  state: "CONFIRMED" | "WAITLISTED" | "CANCELLED"
  berth: number | null
  movedFrom: number | null
  readonly waitlistNumber: number | null
}

export interface Entry {
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

export interface Sale {
  readonly id: number
  slot: number
  readonly from: number
  readonly to: number
  readonly pnr: Pnr
  readonly passenger: number
  active: boolean
  freeing: boolean
}

/** The tables of the record, of one run. Its statements are functions of it, in the files beside; each is one transaction. */
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
  lastNumber = 0
  private pnrs = 0
  readonly world: World

  constructor(world: World, forSale: ReadonlyArray<Quota | undefined>) {
    this.world = world
    this.forSale = [...forSale]
  }

  nextPnr(): Pnr {
    return Pnr.make(String(1_000_000_000 + this.pnrs++))
  }

  /** Legs that are sold, as bits by slot. */
  soldLegs(): Array<number> {
    const sold = Array.from({ length: slotsMax }, () => 0)
    for (const { active, from, slot, to } of this.sales) {
      if (active) sold[slot] = (sold[slot] ?? 0) | legBits({ from, to })
    }
    return sold
  }

  isFree(slot: number, from: number, to: number): boolean {
    return !this.sales.some((sale) => sale.active && sale.slot === slot && sale.from < to && from < sale.to)
  }

  /** Sells a party's berths, or tells why not. */
  sell(
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

  isFenced(epoch: number): boolean {
    return (this.run.epoch !== epoch || this.run.state !== "OPEN") &&
      this.world.guarded("fence of the commit by epoch and state")
  }

  isLate(deadlineMillis: number, beganMillis: number): boolean {
    return deadlineMillis < beganMillis && this.world.guarded("deadline of the commit")
  }

  /** Bookings that wait, the first of them first. */
  inOrder(): Array<readonly [Pnr, BookingRecord, Entry]> {
    return [...this.bookings].flatMap(([pnr, record]) =>
      record.entry?.state === "waiting" ? [[pnr, record, record.entry] as const] : []
    ).toSorted(([, , one], [, , other]) => one.number - other.number)
  }

  numberOf(holdId: string): number | undefined {
    for (const { entry } of this.bookings.values()) {
      if (entry?.holdId === holdId && entry.state === "waiting") return entry.number
    }
    return undefined
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
}
