import { baysPerCoach, type CoachLayout } from "@berth/domain/CoachLayout"
import type { LegRange } from "@berth/domain/LegRange"
import { Arrangement } from "./Arrangement.ts"
import { cheapestClearing, type Clearing, undo } from "./Clearing.ts"

/** A sale on a berth of the pool. */
export interface PlacedSale {
  readonly saleId: number
  readonly slot: number
  readonly range: LegRange
  /** Who travels together; under `sameCoach` in one coach. */
  readonly party: string
  readonly sameCoach: boolean
  /** Whether the passenger may be given another berth of the same type. */
  readonly movable: boolean
}

/** The berths of a class that are for sale in one quota, and who lies on them. */
export interface PlanPool {
  readonly layout: CoachLayout
  readonly legs: number
  /** A byte a bay. */
  readonly mask: Uint8Array
  /** `[bay][leg]`: taken by what is not among the sales, and stays. */
  readonly fixed: Uint8Array
  readonly sales: ReadonlyArray<PlacedSale>
}

/** Who is to be let in. */
export interface PlanParty {
  readonly passengers: number
  readonly range: LegRange
  readonly sameCoach: boolean
  readonly lowerBerthsMin: number
}

/** A passenger who is given another berth of the same type. */
export interface Move {
  readonly saleId: number
  readonly from: number
  readonly to: number
}

const slotsOfMask = (mask: Uint8Array): ReadonlyArray<number> =>
  [...mask].flatMap((byte, bay) =>
    Array.from({ length: 8 }, (_, position) => 8 * bay + position).filter((_, position) => (byte >> position) % 2 === 1)
  )

const arrange = (pool: PlanPool): Arrangement => {
  const { fixed, layout, legs, sales } = pool
  const slots = slotsOfMask(pool.mask)
  const arrangement = new Arrangement(layout, legs, slots)
  for (const slot of slots) {
    for (let leg = 0; leg < legs; leg++) {
      if ((fixed[Math.floor(slot / 8) * legs + leg] ?? 0) >> slot % 8 & 1) {
        const range = { from: leg, to: leg + 1 }
        arrangement.put(slot, range, { ...noSale(range), stays: true })
      }
    }
  }
  const together = Map.groupBy(sales, ({ party }) => party)
  for (const { movable, party, range, saleId, sameCoach, slot } of sales) {
    arrangement.put(slot, range, {
      saleId,
      stays: !movable,
      range,
      coach: sameCoach ? arrangement.coachOf(slot) : undefined,
      alone: together.get(party)?.length === 1,
      soldSlot: slot
    })
  }
  return arrangement
}

const noSale = (range: LegRange) => ({ saleId: undefined, range, coach: undefined, alone: true, soldSlot: -1 })

/** Berths of each type of the pool. */
const kindsOf = ({ layout, mask }: PlanPool): ReadonlyArray<ReadonlyArray<number>> => [
  ...Map.groupBy(slotsOfMask(mask), (slot) => layout.bay[slot % 8]).values()
]

/** What was cleared for each of a party, in this order. */
type Seating = ReadonlyArray<Clearing>

const costOf = (seating: Seating): number => seating.reduce((sum, { cost }) => sum + cost, 0)

const unseat = (arrangement: Arrangement, seating: Seating, range: LegRange): void => {
  for (const { berth, exchanges } of seating.toReversed()) {
    arrangement.put(berth, range, undefined)
    undo(arrangement, exchanges)
  }
}

/** Seats a party in a coach, or anywhere; where somebody of it has no berth the arrangement is left as it was. */
const seatIn = (
  pool: PlanPool,
  arrangement: Arrangement,
  { lowerBerthsMin, passengers, range }: PlanParty,
  coach: number | undefined
): Seating | undefined => {
  const kinds = kindsOf(pool)
  const lower = kinds.filter(([first = -1]) => pool.layout.bay[first % 8] === "LB")
  const seating: Array<Clearing> = []
  for (let passenger = 0; passenger < passengers; passenger++) {
    const clearing = cheapestClearing(
      arrangement,
      passenger < lowerBerthsMin ? lower : kinds,
      range,
      (slot) => coach === undefined || arrangement.coachOf(slot) === coach
    )
    if (clearing === undefined) {
      unseat(arrangement, seating, range)
      return undefined
    }
    clearing.exchanges.forEach((exchange) => arrangement.exchange(exchange))
    arrangement.put(clearing.berth, range, { ...noSale(range), coach, stays: false })
    seating.push(clearing)
  }
  return seating
}

const coachesOf = ({ layout, mask }: PlanPool): ReadonlyArray<number> =>
  Array.from({ length: Math.ceil(mask.length / baysPerCoach(layout)) }, (_, coach) => coach)

/** Seats a party where it costs least; answers whether it found its berths. */
const seat = (pool: PlanPool, arrangement: Arrangement, party: PlanParty): Seating | undefined => {
  if (!party.sameCoach) {
    return seatIn(pool, arrangement, party, undefined)
  }
  const byCost = coachesOf(pool).flatMap((coach) => {
    const seating = seatIn(pool, arrangement, party, coach)
    if (seating === undefined) {
      return []
    }
    unseat(arrangement, seating, party.range)
    return [{ coach, cost: costOf(seating) }]
  }).toSorted((one, other) => one.cost - other.cost)
  return byCost[0] === undefined ? undefined : seatIn(pool, arrangement, party, byCost[0].coach)
}

/** What a plan comes to: who is moved, and which of the parties have berths then. */
export interface RepackPlan {
  readonly moves: ReadonlyArray<Move>
  readonly seated: ReadonlyArray<boolean>
}

/**
 * Lets parties in, in their order, by giving others another berth of the same type; as few as it finds. Where all of a
 * type may be moved, whoever has a free berth of it on every leg gets in: a berth that is free up to somebody is cleared
 * by exchanging what follows on it for what follows on one that is free there.
 */
export const planRepack = (pool: PlanPool, parties: ReadonlyArray<PlanParty>): RepackPlan => {
  const arrangement = arrange(pool)
  const seated = parties.map((party) => seat(pool, arrangement, party) !== undefined)
  return { moves: arrangement.moved(), seated }
}
