import { assert, describe, it } from "@effect/vitest"
import { coachesPerClassMax } from "../../src/CoachLayout.ts"
import {
  compositionTemplates,
  derivedClasses,
  derivedCoaches,
  templateOf
} from "../../src/rules/CompositionTemplates.ts"
import { travelClasses } from "../../src/TravelClass.ts"

describe("CompositionTemplates", () => {
  it("tells the kind of a train by its type before its name, and the particular before the general", () => {
    const cases: ReadonlyArray<readonly [trainType: string, name: string, expected: string | undefined]> = [
      ["Superfast", "Howrah Rajdhani Express", "Superfast"],
      ["", "Howrah Rajdhani Express", "Rajdhani"],
      ["", "Mumbai JanShatabdi Express", "Jan Shatabdi"],
      ["Shatabdi", "", "Shatabdi"],
      ["Pass", "Local", "Passenger"],
      ["", "Jaipur Delhi SF Special", "Superfast"],
      ["Mail/Express", "", "Mail/Express"],
      ["", "ICE 101", undefined]
    ]
    for (const [trainType, name, expected] of cases) {
      assert.strictEqual(templateOf({ trainType, name })?.trainType, expected, `${trainType} ${name}`)
    }
  })

  it("gives every kind of train coaches for every class, and never more than a class may have", () => {
    for (const template of [undefined, ...compositionTemplates]) {
      const coaches = derivedCoaches(template, travelClasses)
      assert.deepStrictEqual(Array.from(coaches.keys()), Array.from(travelClasses))
      for (const count of coaches.values()) assert.isTrue(count >= 1 && count <= coachesPerClassMax)
      assert.isNotEmpty(derivedClasses(template, 0))
    }
  })

  it("takes berths for a long journey and seats for a short one, where nothing tells the kind of train", () => {
    assert.deepStrictEqual(derivedClasses(undefined, 300_001), ["SL", "3A", "2A"])
    assert.deepStrictEqual(derivedClasses(undefined, 300_000), ["CC", "2S"])
  })
})
