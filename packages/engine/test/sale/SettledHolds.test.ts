import { assert, describe, it } from "@effect/vitest"
import { holdsMax, runsMax, SettledHolds } from "../../src/sale/SettledHolds.ts"

describe("settled holds", () => {
  it("are told of once, with the run and the epoch that they are of", () => {
    const settled = new SettledHolds()
    settled.note(1, 1, "a")
    settled.note(1, 1, "b")
    settled.note(2, 1, "c")
    assert.deepStrictEqual(settled.take(1, 1), ["a", "b"])
    assert.deepStrictEqual(settled.take(1, 1), [])
    assert.deepStrictEqual(settled.take(2, 2), [])
    assert.deepStrictEqual(settled.take(2, 1), ["c"])
  })

  it("of an epoch before are forgotten, for a load made others of the same name", () => {
    const settled = new SettledHolds()
    settled.note(1, 1, "a")
    settled.note(1, 2, "b")
    assert.deepStrictEqual(settled.take(1, 1), [])
    assert.deepStrictEqual(settled.take(1, 2), ["b"])
  })

  it("are no more than one call can tell of, and of no more runs than there is room for", () => {
    const settled = new SettledHolds()
    for (let n = 0; n <= holdsMax; n++) settled.note(0, 1, String(n))
    assert.lengthOf(settled.take(0, 1), holdsMax)
    settled.note(0, 1, "left to the sweep")
    for (let runId = 1; runId <= runsMax; runId++) settled.note(runId, 1, "a")
    assert.deepStrictEqual(settled.take(0, 1), [])
    assert.deepStrictEqual(settled.take(1, 1), ["a"])
    assert.deepStrictEqual(settled.take(runsMax, 1), ["a"])
  })
})
