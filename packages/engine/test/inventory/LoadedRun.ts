import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { type AllocateRequest, Inventory, type RunRef } from "../../src/inventory/Inventory.ts"
import * as Fixtures from "./Fixtures.ts"

const { party, requestOf } = Fixtures

export const whole = { from: 0, to: Fixtures.legs }
export const travelClass = Fixtures.layout.travelClass

export const loaded = Effect.gen(function*() {
  const inventory = yield* Inventory
  const run = yield* Fixtures.newRun
  yield* inventory.load([Fixtures.loadOf(run)])
  return { inventory, run }
})

/** Takes berths until `left` of the general quota's eighteen are free on the whole journey. */
export const fill = Effect.fnUntraced(function*(run: RunRef, left: number) {
  const inventory = yield* Inventory
  for (let n = 0; n < 18 - left; n++) yield* inventory.allocate(requestOf(run, `filler${n}`))
})

export const slotsOf = Effect.fnUntraced(function*(request: AllocateRequest) {
  const inventory = yield* Inventory
  const reply = yield* inventory.allocate(request)
  return reply._tag === "Held" ? reply.slots : assert.fail(`${reply._tag} instead of Held`)
})

export const tatkalRequest = (run: RunRef, holdId: string, wishes: AllocateRequest["party"]["wishes"]) =>
  requestOf(run, holdId, { quota: "TQ", party: party(wishes), waitlistMax: 10 })
