import type { SeatState } from "@berth/domain/Availability"
import { berthAt } from "@berth/domain/CoachLayout"
import type { LegRange } from "@berth/domain/LegRange"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import type { TravelClass } from "@berth/domain/TravelClass"
import { takenBays } from "../inventory/BayBits.ts"
import type { ClassSnapshot } from "../inventory/Inventory.ts"

/** Every berth of a class with its state on a journey, in the order in which they stand in the train. */
export const toSeats = (
  travelClass: TravelClass,
  legs: number,
  range: LegRange,
  snapshot: ClassSnapshot
): ReadonlyArray<SeatState> => {
  const layout = coachLayouts[travelClass]
  const taken = takenBays(snapshot.taken, legs, range)
  const slots = [...snapshot.masks].flatMap(([quota, mask]) =>
    [...mask].flatMap((byte, bay) =>
      layout.bay.flatMap((_, position) => (byte & (1 << position)) === 0 ? [] : [{ quota, slot: 8 * bay + position }])
    )
  )
  return slots.toSorted((left, right) => left.slot - right.slot).map(({ quota, slot }) => {
    const { berthType, coach, name } = berthAt(layout, slot)
    const isTaken = ((taken[Math.floor(slot / 8)] ?? 0) & (1 << slot % 8)) !== 0
    return { seat: name, coach, berth: berthType, quota, state: isTaken ? "taken" : "free" }
  })
}
