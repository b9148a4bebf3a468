import { assert, describe, it } from "@effect/vitest"
import { ExpectedWait } from "../src/ExpectedWait.ts"

const at = (places: number) => {
  const clock = { millis: 1_000 }
  return { clock, expected: new ExpectedWait(places, () => clock.millis) }
}

describe("the expected wait", () => {
  it("is how long others had their places, shared by those places", () => {
    const { expected } = at(4)
    expected.gaveBack(100)
    assert.strictEqual(expected.millis(8), 200)
  })

  it("is nothing where nobody is ahead, however long others took", () => {
    const { clock, expected } = at(4)
    expected.gaveBack(60_000)
    clock.millis += 60_000
    assert.strictEqual(expected.millis(0), 0)
  })

  it("follows what has become slower, and what has become faster again", () => {
    const { expected } = at(1)
    expected.gaveBack(10)
    for (let times = 0; times < 50; times++) expected.gaveBack(1_000)
    assert.isAbove(expected.millis(1), 900)
    for (let times = 0; times < 50; times++) expected.gaveBack(10)
    assert.isBelow(expected.millis(1), 20)
  })

  it("grows with the time in which nothing moved", () => {
    const { clock, expected } = at(2)
    expected.gaveBack(10)
    clock.millis += 3_000
    assert.strictEqual(expected.millis(4), 6_000)
    expected.took()
    assert.strictEqual(expected.millis(4), 20)
  })

  it("is not told from a pause in which nobody came", () => {
    const { clock, expected } = at(2)
    expected.gaveBack(10)
    clock.millis += 60_000
    assert.strictEqual(expected.millis(0), 0)
    clock.millis += 15
    assert.strictEqual(expected.millis(4), 30)
  })
})
