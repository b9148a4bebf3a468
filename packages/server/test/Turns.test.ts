import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { setImmediate } from "node:timers/promises"
import { Turns } from "../src/Turns.ts"

const crowd = 40

describe("Turns", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it("begins a rush in the order of its coming, sixteen to a turn of the event loop", async () => {
    const begun: Array<number> = []
    const turns = new Turns(() => 0)
    for (let n = 0; n < crowd; n++) turns.take(() => begun.push(n))
    assert.lengthOf(begun, 0)
    await setImmediate()
    assert.lengthOf(begun, 16)
    await setImmediate()
    assert.lengthOf(begun, 32)
    // The rest waits for more.
    await setImmediate()
    assert.lengthOf(begun, 32)
    vi.advanceTimersByTime(3)
    assert.deepStrictEqual(begun, Array.from({ length: crowd }, (_, n) => n))
  })

  it("begins at once what comes after a pause, and together what comes soon behind it", async () => {
    let nowMillis = 0
    const begun: Array<string> = []
    const turns = new Turns(() => nowMillis)
    const take = (name: string) => turns.take(() => begun.push(name))
    take("first")
    await setImmediate()
    assert.deepStrictEqual(begun, ["first"])
    take("second")
    take("third")
    await setImmediate()
    assert.deepStrictEqual(begun, ["first"])
    vi.advanceTimersByTime(3)
    assert.deepStrictEqual(begun, ["first", "second", "third"])
    nowMillis += 1000
    take("later")
    await setImmediate()
    assert.deepStrictEqual(begun, ["first", "second", "third", "later"])
  })

  it("waits no longer once a turn is full", async () => {
    const begun: Array<number> = []
    const turns = new Turns(() => 0)
    turns.take(() => begun.push(0))
    await setImmediate()
    for (let n = 1; n <= 16; n++) turns.take(() => begun.push(n))
    await setImmediate()
    assert.lengthOf(begun, 17)
  })
})
