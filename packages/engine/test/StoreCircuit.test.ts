import { assert, describe, it } from "@effect/vitest"
import { StoreCircuit } from "../src/StoreCircuit.ts"

const silentFor = (calls: number) => {
  const clock = { millis: 0 }
  const circuit = new StoreCircuit("redis", () => clock.millis)
  for (let call = 0; call < calls; call++) circuit.wasSilent()
  return { circuit, clock }
}

describe("the circuit of a store", () => {
  it("lets calls through while some are answered", () => {
    const { circuit } = silentFor(4)
    circuit.answered()
    circuit.wasSilent()
    assert.isTrue(circuit.admits())
  })

  it("refuses calls at once after five that were not answered", () => {
    const { circuit } = silentFor(5)
    assert.isFalse(circuit.admits())
  })

  it("lets one call try after a second, and no other before the next", () => {
    const { circuit, clock } = silentFor(5)
    clock.millis = 1_000
    assert.deepStrictEqual([circuit.admits(), circuit.admits()], [true, false])
    circuit.wasSilent()
    clock.millis = 1_999
    assert.isFalse(circuit.admits())
    clock.millis = 2_000
    assert.isTrue(circuit.admits())
  })

  it("lets all through again once one is answered", () => {
    const { circuit, clock } = silentFor(5)
    clock.millis = 1_000
    circuit.admits()
    circuit.answered()
    assert.deepStrictEqual([circuit.admits(), circuit.admits()], [true, true])
  })
})
