import type { Quota } from "@berth/domain/Quota"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import type { SeatPool } from "@berth/domain/SeatConfig"
import type { TravelClass } from "@berth/domain/TravelClass"

/** The k-th slots of a berth type along the coaches of a class, from `first` on. */
const slotsOf = (travelClass: TravelClass, berth: SeatPool["berth"], first: number, count: number) => {
  const { bay, berthsPerCoach } = coachLayouts[travelClass]
  const baysOfCoach = Math.ceil(berthsPerCoach / bay.length)
  const slots: Array<number> = []
  for (let n = 0, rank = 0; slots.length < count; n++) {
    const [coach, number] = [Math.floor(n / berthsPerCoach), n % berthsPerCoach]
    if (bay[number % bay.length] === berth && rank++ >= first) {
      slots.push(8 * (coach * baysOfCoach + Math.floor(number / bay.length)) + number % bay.length)
    }
  }
  return slots
}

/** What a seat configuration sells, by class and quota, a byte a bay: the berths go to the quotas in the order of their codes. */
export const masksOf = (pools: ReadonlyArray<SeatPool>) => {
  const classes = new Map<TravelClass, Map<Quota, Array<number>>>()
  const given = new Map<string, number>()
  for (const { berth, quota, seatCount, travelClass } of pools.toSorted((a, b) => a.quota < b.quota ? -1 : 1)) {
    const ofClass = classes.get(travelClass) ?? new Map<Quota, Array<number>>()
    classes.set(travelClass, ofClass)
    const mask = ofClass.get(quota) ?? []
    ofClass.set(quota, mask)
    const type = `${travelClass} ${berth}`
    const first = given.get(type) ?? 0
    given.set(type, first + seatCount)
    for (const slot of slotsOf(travelClass, berth, first, seatCount)) {
      const bay = Math.floor(slot / 8)
      mask[bay] = (mask[bay] ?? 0) | 1 << slot % 8
    }
  }
  return new Map(Array.from(classes, ([travelClass, quotas]) =>
    [
      travelClass,
      new Map(Array.from(quotas, ([quota, mask]) => [quota, Uint8Array.from(mask, (byte) => byte ?? 0)] as const))
    ] as const))
}
