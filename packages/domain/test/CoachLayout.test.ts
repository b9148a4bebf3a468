import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { berthTypes } from "../src/BerthType.ts"
import { bayMask, baysPerCoach, berthAt, coachesPerClassMax, toSlot } from "../src/CoachLayout.ts"
import { coachLayouts } from "../src/rules/CoachLayouts.ts"
import { TravelClass, travelClasses } from "../src/TravelClass.ts"

/** Slots that a berth number has room for. */
const slotLimit = 2 ** 13

const Slot = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: slotLimit - 1 }))

const berthsOf = (travelClass: TravelClass) => {
  const layout = coachLayouts[travelClass]
  return Array.from(
    { length: coachesPerClassMax * layout.berthsPerCoach },
    (_, n) => ({ coach: 1 + Math.floor(n / layout.berthsPerCoach), number: 1 + n % layout.berthsPerCoach })
  )
}

describe("CoachLayout", () => {
  it("finds each berth at the slot that it was put at, and at no other's", () => {
    for (const travelClass of travelClasses) {
      const layout = coachLayouts[travelClass]
      const slots = new Set<number>()
      for (const { coach, number } of berthsOf(travelClass)) {
        const slot = toSlot(layout, coach, number)
        const place = berthAt(layout, slot)
        assert.strictEqual(place.coach, `${layout.coachPrefix}${coach}`)
        assert.strictEqual(place.name, `${place.coach}-${number}`)
        assert.isTrue(slot >= 0 && slot < slotLimit)
        slots.add(slot)
      }
      assert.strictEqual(slots.size, coachesPerClassMax * layout.berthsPerCoach)
    }
  })

  it("names no two berths of a train alike", () => {
    const names = travelClasses.flatMap((travelClass) =>
      berthsOf(travelClass).map(({ coach, number }) =>
        berthAt(coachLayouts[travelClass], toSlot(coachLayouts[travelClass], coach, number)).name
      )
    )
    assert.strictEqual(new Set(names).size, names.length)
  })

  it.prop("names a berth of the coach, or none, at any slot", [TravelClass, Slot], ([travelClass, slot]) => {
    const layout = coachLayouts[travelClass]
    const position = slot % 8
    const number = Math.floor(slot / 8) % baysPerCoach(layout) * layout.bay.length + position + 1
    if (position < layout.bay.length && number <= layout.berthsPerCoach) {
      const coach = Math.floor(slot / 8 / baysPerCoach(layout)) + 1
      assert.strictEqual(berthAt(layout, slot).name, `${layout.coachPrefix}${coach}-${number}`)
      assert.strictEqual(toSlot(layout, coach, number), slot)
    } else {
      assert.throws(() => berthAt(layout, slot), RangeError)
    }
  })

  it("has no berths in the part of a bay that a coach is short of", () => {
    // The eighth bay of 2A ends with berth 46, its fourth.
    const last = toSlot(coachLayouts["2A"], 1, 46)
    assert.strictEqual(berthAt(coachLayouts["2A"], last).name, "A1-46")
    assert.throws(() => berthAt(coachLayouts["2A"], last + 1), RangeError)
    assert.strictEqual(berthAt(coachLayouts["2A"], toSlot(coachLayouts["2A"], 2, 1)).name, "A2-1")
  })

  it("starts every bay at a byte of its own", () => {
    for (const travelClass of travelClasses) {
      const layout = coachLayouts[travelClass]
      assert.isTrue(layout.bay.length >= 1 && layout.bay.length <= 8)
      for (const coach of [1, 2, coachesPerClassMax]) assert.strictEqual(toSlot(layout, coach, 1) % 8, 0)
    }
  })

  it("gives each position of a bay to one berth type", () => {
    for (const travelClass of travelClasses) {
      const layout = coachLayouts[travelClass]
      const masks = berthTypes.map((berthType) => bayMask(layout, berthType))
      assert.strictEqual(masks.reduce((sum, mask) => sum + mask, 0), 2 ** layout.bay.length - 1)
      assert.strictEqual(masks.reduce((union, mask) => union | mask, 0), 2 ** layout.bay.length - 1)
      for (const [position, berthType] of layout.bay.entries()) {
        assert.strictEqual(bayMask(layout, berthType) >> position & 1, 1)
      }
    }
  })
})
