import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { parsePassenger } from "../../src/cli/PassengerText.ts"

describe("a passenger as typed", () => {
  it.effect("has a name, an age, and wishes in any order", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* parsePassenger("Asha Rao,34"), { name: "Asha Rao", age: 34 })
      assert.deepStrictEqual(yield* parsePassenger("Asha Rao, 34, lb"), { name: "Asha Rao", age: 34, berth: "LB" })
      const both = { name: "रवि कुमार", age: 71, berth: "SU", gender: "M" } as const
      assert.deepStrictEqual(yield* parsePassenger("रवि कुमार,71,SU,M"), both)
      assert.deepStrictEqual(yield* parsePassenger("रवि कुमार,71,M,SU"), both)
    }))

  it.effect("may have commas in the name", () =>
    Effect.map(
      parsePassenger("King, Martin Luther, Jr.,39,WS"),
      (passenger) => assert.deepStrictEqual(passenger, { name: "King, Martin Luther, Jr.", age: 39, berth: "WS" })
    ))

  for (
    const text of [
      "",
      "Asha",
      "Asha,",
      ",34",
      "Asha,old",
      "Asha,34,XX",
      "Asha,34,LB,UB",
      "Asha,34,M,F",
      "Asha,34,LB,F,1",
      "Asha,200",
      "a\u0000b,30"
    ]
  ) {
    it.effect(`is not ${JSON.stringify(text)}`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(parsePassenger(text))
        assert.strictEqual(error._tag, "WrongValue")
        assert.strictEqual(error.exitStatus, 2)
      }))
  }
})
