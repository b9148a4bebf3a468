import { runBerthOf } from "@berth/domain/RunId"
import { assert, it } from "@effect/vitest"
import type { LiveHold } from "../../src/inventory/Inventory.ts"
import { verdictOn } from "../../src/sale/Sweeper.ts"

it("a hold is judged by what the record says of its key", () => {
  const hold: LiveHold = {
    holdId: "key-0",
    state: "held",
    travelClass: "SL",
    range: { from: 0, to: 2 },
    slots: [0, 3]
  }
  const fact = {
    keyHash: "key",
    epoch: 2,
    berths: [0, 3].map((slot) => runBerthOf(1, "SL", slot)),
    waiting: null
  }
  const waits = { ...fact, berths: [], waiting: { holdId: "key-0", passengers: 2 } }
  assert.strictEqual(verdictOn(hold, undefined, 2)._tag, "Drop")
  assert.strictEqual(verdictOn(hold, fact, 2)._tag, "Settle")
  assert.strictEqual(verdictOn(hold, fact, 3)._tag, "Drop")
  assert.strictEqual(verdictOn({ ...hold, slots: [0, 8] }, fact, 2)._tag, "Drop")
  assert.deepStrictEqual(verdictOn(hold, waits, 2), { _tag: "Park", holdId: "key-0", passengers: 2 })
  assert.strictEqual(verdictOn({ ...hold, holdId: "key-1" }, waits, 2)._tag, "Drop")
})
