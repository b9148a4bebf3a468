import { assert, describe, it } from "@effect/vitest"
import { setImmediate } from "node:timers/promises"
import { Turns } from "../src/Turns.ts"

const crowd = 40

describe("Turns", () => {
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
    await new Promise<void>((done) => turns.take(done))
    assert.deepStrictEqual(begun, Array.from({ length: crowd }, (_, n) => n))
  })

  it("begins at once what comes after a pause, and together what comes soon behind it", async () => {
    let nowMillis = 0
    const begun: Array<string> = []
    const turns = new Turns(() => nowMillis)
    turns.take(() => begun.push("first"))
    await setImmediate()
    assert.deepStrictEqual(begun, ["first"])
    turns.take(() => begun.push("second"))
    await setImmediate()
    assert.deepStrictEqual(begun, ["first"])
    await new Promise<void>((done) => turns.take(done))
    assert.deepStrictEqual(begun, ["first", "second"])
    nowMillis += 1000
    turns.take(() => begun.push("later"))
    await setImmediate()
    assert.deepStrictEqual(begun, ["first", "second", "later"])
  })
})
