import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { coachesPerClassMax, toSlot } from "../src/CoachLayout.ts"
import { fromDayNumber, JourneyDate, toDayNumber } from "../src/JourneyDate.ts"
import { coachLayouts } from "../src/rules/CoachLayouts.ts"
import { berthNumberOf, runBerthOf, runIdOf, slotOf, travelClassOf } from "../src/RunId.ts"
import { TravelClass, travelClasses } from "../src/TravelClass.ts"

const below = (limit: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: limit - 1 }))

const Day = below(toDayNumber(JourneyDate.make("2099-12-31")) + 1)
const TrainNumber = below(2 ** 22)
const Slot = below(2 ** 13)

describe("RunId", () => {
  it.prop("keeps day, train, class and slot in bits of their own", [Day, TrainNumber, TravelClass, Slot], (
    [day, train, travelClass, slot]
  ) => {
    const run = runIdOf(train, fromDayNumber(day))
    assert.strictEqual(BigInt(run), BigInt(day) << 22n | BigInt(train))
    const runBerth = runBerthOf(run, travelClass, slot)
    const classNumber = travelClasses.indexOf(travelClass)
    assert.strictEqual(BigInt(runBerth), BigInt(run) << 16n | BigInt(classNumber) << 13n | BigInt(slot))
    assert.strictEqual(berthNumberOf(travelClass, slot), runBerth % 2 ** 16)
  })

  it.prop("tells slot and class of a berth again", [Day, TrainNumber, TravelClass, Slot], (
    [day, train, travelClass, slot]
  ) => {
    const runBerth = runBerthOf(runIdOf(train, fromDayNumber(day)), travelClass, slot)
    assert.isTrue(Number.isSafeInteger(runBerth))
    assert.strictEqual(slotOf(runBerth), slot)
    assert.strictEqual(travelClassOf(runBerth), travelClass)
  })

  it("is exact up to the last berth of the last train on the last day", () => {
    const runBerth = runBerthOf(runIdOf(2 ** 22 - 1, JourneyDate.make("2099-12-31")), "2S", 2 ** 13 - 1)
    assert.isTrue(Number.isSafeInteger(runBerth))
    assert.deepStrictEqual([travelClassOf(runBerth), slotOf(runBerth)], ["2S", 2 ** 13 - 1])
  })

  it.prop("puts all berths of a day before those of the next", [
    Day.check(Schema.isBetween({ minimum: 0, maximum: 29_000 })),
    TrainNumber,
    TrainNumber
  ], ([day, train, otherTrain]) => {
    const earlier = runBerthOf(runIdOf(train, fromDayNumber(day)), "2S", 2 ** 13 - 1)
    const later = runBerthOf(runIdOf(otherTrain, fromDayNumber(day + 1)), "1A", 0)
    assert.isBelow(earlier, later)
  })

  it("has room for the longest train of every class", () => {
    for (const travelClass of travelClasses) {
      const layout = coachLayouts[travelClass]
      const last = toSlot(layout, coachesPerClassMax, layout.berthsPerCoach)
      const runBerth = runBerthOf(runIdOf(1, JourneyDate.make("2026-12-05")), travelClass, last)
      assert.deepStrictEqual([travelClassOf(runBerth), slotOf(runBerth)], [travelClass, last])
    }
  })

  it("never renumbers a class, for its number is stored", () => {
    assert.deepStrictEqual(travelClasses.map((travelClass) => berthNumberOf(travelClass, 0) / 2 ** 13), [
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      7
    ])
    assert.deepStrictEqual(travelClasses.slice(0, 8), ["1A", "2A", "3A", "3E", "SL", "CC", "EC", "2S"])
  })
})
