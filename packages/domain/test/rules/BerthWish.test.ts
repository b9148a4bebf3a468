import { assert, describe, it } from "@effect/vitest"
import { BerthType } from "../../src/BerthType.ts"
import { Age, Gender } from "../../src/Passenger.ts"
import { berthWish } from "../../src/rules/BerthWish.ts"

describe("BerthWish", () => {
  it("wishes a lower berth for women from 45", () => {
    assert.strictEqual(berthWish({ name: "Example", age: 44, gender: "F" }), "any")
    assert.strictEqual(berthWish({ name: "Example", age: 45, gender: "F" }), "LB")
  })

  it("wishes a lower berth for everybody else from 60", () => {
    for (const gender of ["M", "T"] as const) {
      assert.strictEqual(berthWish({ name: "Example", age: 59, gender }), "any")
      assert.strictEqual(berthWish({ name: "Example", age: 60, gender }), "LB")
    }
    assert.strictEqual(berthWish({ name: "Example", age: 59 }), "any")
    assert.strictEqual(berthWish({ name: "Example", age: 60 }), "LB")
  })

  it.prop(
    "wishes what was asked for, or a lower berth, or nothing",
    [Age, Gender, BerthType],
    ([age, gender, berth]) => {
      assert.strictEqual(berthWish({ name: "Example", age, gender, berth }), berth)
      assert.include(["LB", "any"], berthWish({ name: "Example", age, gender }))
    }
  )
})
