import { baysPerCoach, type CoachLayout } from "@berth/domain/CoachLayout"
import type { LegRange } from "@berth/domain/LegRange"

/** Who lies on a berth for some legs: somebody who was sold it, or who is to be let in, or what nobody may move. */
export interface Occupant {
  /** None of what is no sale. */
  readonly saleId: number | undefined
  readonly stays: boolean
  readonly range: LegRange
  /** The coach that it must stay in; any where absent. */
  readonly coach: number | undefined
  /** Travels by itself, so that nobody is torn from company. */
  readonly alone: boolean
  readonly soldSlot: number
}

/** Two berths that exchange whatever lies on them on some legs. Done twice it is undone. */
export interface Exchange {
  readonly one: number
  readonly other: number
  readonly range: LegRange
}

/** To take somebody out of the bay of a party costs as much as to move a few who travel alone. */
const partingCost = 4

/** Berths of a class by leg, with who lies on them; changed by exchanges alone. */
export class Arrangement {
  readonly legs: number
  readonly #layout: CoachLayout
  readonly #rows = new Map<number, Array<Occupant | undefined>>()

  constructor(layout: CoachLayout, legs: number, slots: Iterable<number>) {
    this.#layout = layout
    this.legs = legs
    for (const slot of slots) {
      this.#rows.set(slot, Array.from({ length: legs }, () => undefined))
    }
  }

  coachOf(slot: number): number {
    return Math.floor(Math.floor(slot / 8) / baysPerCoach(this.#layout))
  }

  at(slot: number, leg: number): Occupant | undefined {
    return this.#rows.get(slot)?.[leg]
  }

  /** Lays somebody on a berth, or nobody; berths that are not of the pool are left alone. */
  put(slot: number, { from, to }: LegRange, occupant: Occupant | undefined): void {
    this.#rows.get(slot)?.fill(occupant, from, to)
  }

  /** The first leg from the given one on which the berth is not free. */
  freeUntil(slot: number, from: number): number {
    let leg = from
    while (leg < this.legs && this.at(slot, leg) === undefined) {
      leg++
    }
    return leg
  }

  isFree(slot: number, { from, to }: LegRange): boolean {
    return this.freeUntil(slot, from) >= to
  }

  /** Whether a leg begins with nobody who lay there on the leg before. */
  isCut(slot: number, leg: number): boolean {
    const occupant = this.at(slot, leg)
    return occupant === undefined || occupant.range.from === leg
  }

  exchange({ one, other, range: { from, to } }: Exchange): void {
    const [mine, theirs] = [this.#rows.get(one), this.#rows.get(other)]
    if (mine === undefined || theirs === undefined) {
      return
    }
    const kept = mine.slice(from, to)
    mine.splice(from, to - from, ...theirs.slice(from, to))
    theirs.splice(from, to - from, ...kept)
  }

  /** What it costs to move somebody to a berth; none where that may not be. */
  costOf(occupant: Occupant, slot: number): number | undefined {
    if (occupant.stays || occupant.coach !== undefined && occupant.coach !== this.coachOf(slot)) {
      return undefined
    }
    // Who is to be let in has no berth yet.
    if (occupant.saleId === undefined) {
      return 0
    }
    return occupant.alone || Math.floor(occupant.soldSlot / 8) === Math.floor(slot / 8) ? 1 : partingCost
  }

  /** Whoever does not lie where it was sold. */
  moved(): ReadonlyArray<{ readonly saleId: number; readonly from: number; readonly to: number }> {
    return [...this.#rows].flatMap(([slot, row]) =>
      row.flatMap((occupant, leg) =>
        occupant?.saleId === undefined || occupant.range.from !== leg || occupant.soldSlot === slot
          ? []
          : [{ saleId: occupant.saleId, from: occupant.soldSlot, to: slot }]
      )
    )
  }
}
