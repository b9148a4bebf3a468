import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { waitlistMax } from "../../src/rules/WaitlistCap.ts"
import { TravelClass } from "../../src/TravelClass.ts"

describe("WaitlistCap", () => {
  it("lets sixty wait for a hundred berths with air conditioning, thirty without", () => {
    const airConditioned = ["1A", "2A", "3A", "3E", "CC", "EC"] as const
    for (const travelClass of airConditioned) assert.strictEqual(waitlistMax(travelClass, 100), 60)
    for (const travelClass of ["SL", "2S"] as const) assert.strictEqual(waitlistMax(travelClass, 100), 30)
  })

  it("rounds down", () => {
    assert.deepStrictEqual([0, 1, 3, 4, 9, 10].map((berths) => waitlistMax("SL", berths)), [0, 0, 0, 1, 2, 3])
    assert.deepStrictEqual([0, 1, 2, 4, 5].map((berths) => waitlistMax("3A", berths)), [0, 0, 1, 2, 3])
  })

  it.prop("is exact for any number of berths", [
    TravelClass,
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 }))
  ], ([travelClass, berths]) => {
    const percent = travelClass === "SL" || travelClass === "2S" ? 30n : 60n
    assert.strictEqual(BigInt(waitlistMax(travelClass, berths)), BigInt(berths) * percent / 100n)
  })
})
