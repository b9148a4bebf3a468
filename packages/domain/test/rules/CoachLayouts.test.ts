import { assert, describe, it } from "@effect/vitest"
import type { BerthType } from "../../src/BerthType.ts"
import { berthAt, toSlot } from "../../src/CoachLayout.ts"
import { coachLayouts } from "../../src/rules/CoachLayouts.ts"
import { type TravelClass, travelClasses } from "../../src/TravelClass.ts"

/** Berth types of a coach, by number from 1. */
const typesOf = (travelClass: TravelClass): ReadonlyArray<BerthType> => {
  const layout = coachLayouts[travelClass]
  return Array.from(
    { length: layout.berthsPerCoach },
    (_, n) => berthAt(layout, toSlot(layout, 1, n + 1)).berthType
  )
}

/** The same, as the railway states it: a type for each remainder of the number. */
const byRemainder = (berths: number, types: ReadonlyArray<BerthType>): ReadonlyArray<BerthType | undefined> =>
  Array.from({ length: berths }, (_, n) => types[(n + 1) % types.length])

describe("CoachLayouts", () => {
  it("has the berths of the ICF coaches", () => {
    assert.deepStrictEqual(
      Object.fromEntries(travelClasses.map((travelClass) => [travelClass, coachLayouts[travelClass].berthsPerCoach])),
      { SL: 72, "3A": 64, "2A": 46, "1A": 18, "3E": 83, CC: 78, EC: 56, "2S": 108 }
    )
  })

  it("lays berths in eights in SL, 3A and 3E", () => {
    const eight: ReadonlyArray<BerthType> = ["SU", "LB", "MB", "UB", "LB", "MB", "UB", "SL"]
    assert.deepStrictEqual(typesOf("SL"), byRemainder(72, eight))
    assert.deepStrictEqual(typesOf("3A"), byRemainder(64, eight))
    assert.deepStrictEqual(typesOf("3E"), byRemainder(83, eight))
  })

  it("lays berths in sixes in 2A, and lower and upper by turns in 1A", () => {
    assert.deepStrictEqual(typesOf("2A"), byRemainder(46, ["SU", "LB", "UB", "LB", "UB", "SL"]))
    assert.deepStrictEqual(typesOf("1A"), byRemainder(18, ["UB", "LB"]))
  })

  it("seats two and three in CC, two and two in EC, three and three in 2S, with windows outside", () => {
    assert.deepStrictEqual(typesOf("CC").slice(0, 5), ["WS", "MS", "AS", "AS", "WS"])
    assert.deepStrictEqual(typesOf("EC").slice(0, 4), ["WS", "AS", "AS", "WS"])
    assert.deepStrictEqual(typesOf("2S").slice(0, 6), ["WS", "MS", "AS", "AS", "MS", "WS"])
  })

  it("names the coaches of each class by a letter of its own", () => {
    assert.deepStrictEqual(
      Object.fromEntries(travelClasses.map((travelClass) => [travelClass, coachLayouts[travelClass].coachPrefix])),
      { SL: "S", "3A": "B", "3E": "M", "2A": "A", "1A": "H", CC: "C", EC: "E", "2S": "D" }
    )
    for (const travelClass of travelClasses) assert.strictEqual(coachLayouts[travelClass].travelClass, travelClass)
  })
})
