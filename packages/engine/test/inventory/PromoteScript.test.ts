import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { AllocateRequest } from "../../src/inventory/Inventory.ts"
import * as Fixtures from "./Fixtures.ts"
import { fill, loaded, slotsOf, tatkalRequest, travelClass, whole } from "./LoadedRun.ts"
import * as RedisForTests from "./RedisForTests.ts"

const { classOfRun, gate, party, requestOf } = Fixtures

layer(RedisForTests.inventory, { timeout: "60 seconds" })("inventory in Redis", (it) => {
  it.effect("keeps what is freed for those who wait, in their order, and opens the rest", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const slots = yield* slotsOf(tatkalRequest(run, "a", ["any", "any", "any"]))
      yield* inventory.allocate(tatkalRequest(run, "pair", ["any", "any"]))
      yield* inventory.allocate(tatkalRequest(run, "second", ["any"]))
      const freeings = slots.slice(0, 2).map((slot, n) => ({ saleId: n + 1, travelClass, slot, range: whole }))
      const release = { run, epoch: 1, classes: [classOfRun], freeings }
      assert.strictEqual(yield* inventory.release(release), "Applied")
      const newcomer = { ...tatkalRequest(run, "newcomer", ["any"]), waitlistMax: 0 }
      assert.deepStrictEqual(yield* inventory.allocate(newcomer), { _tag: "Full", free: 0 })
      const waiting = [
        { holdId: "pair", range: whole, party: party(["any", "any"]) },
        { holdId: "second", range: whole, party: party(["any"]) }
      ]
      const reply = yield* inventory.promote({ run, gate, classOfRun, quota: "TQ", waiting })
      assert.deepStrictEqual(reply, {
        _tag: "Promoted",
        seated: [{ holdId: "pair", slots: slots.slice(0, 2) }],
        cleared: true,
        gate
      })
    }))

  it.effect("says that it kept something back while somebody waits who was not named", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      yield* slotsOf(tatkalRequest(run, "a", ["any", "any", "any"]))
      yield* inventory.allocate(tatkalRequest(run, "b", ["any"]))
      const reply = yield* inventory.promote({ run, gate, classOfRun, quota: "TQ", waiting: [] })
      assert.deepStrictEqual(reply, { _tag: "Promoted", seated: [], cleared: false, gate })
    }))

  it.effect("puts a promotion that was not committed back among those who wait", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const [slot = 0] = yield* slotsOf(tatkalRequest(run, "a", ["any", "any", "any"]))
      yield* inventory.allocate(tatkalRequest(run, "b", ["any"]))
      const freeings = [{ saleId: 1, travelClass, slot, range: whole }]
      yield* inventory.release({ run, epoch: 1, classes: [classOfRun], freeings })
      const promote = {
        run,
        gate,
        classOfRun,
        quota: "TQ",
        waiting: [{ holdId: "b", range: whole, party: party(["any"]) }]
      } as const
      const first = yield* inventory.promote(promote)
      const verdicts = [{ _tag: "Park", holdId: "b", passengers: 1 }] as const
      yield* inventory.judge({ run, epoch: 1, classes: [classOfRun], verdicts })
      assert.deepStrictEqual(yield* inventory.promote(promote), first)
    }))

  it.effect("lets only those wait on who did not leave while their party was promoted", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const waiting: Array<{ holdId: string; range: typeof whole; party: AllocateRequest["party"] }> = []
      yield* fill(run, 1)
      for (const [holdId, passengers] of [["gone", 2], ["fewer", 3]] as const) {
        const asked = requestOf(run, holdId, {
          party: party(Array.from({ length: passengers }, () => "any" as const)),
          waitlistMax: 9
        })
        assert.strictEqual((yield* inventory.allocate(asked))._tag, "Waiting")
        waiting.push({ holdId, range: whole, party: asked.party })
      }
      const classes = [classOfRun]
      const dropped = Array.from({ length: 5 }, (_, n) => ({ _tag: "Drop", holdId: `filler${n}` }) as const)
      yield* inventory.judge({ run, epoch: 1, classes, verdicts: dropped })
      const reply = yield* inventory.promote({ run, gate, classOfRun, quota: "GN", waiting })
      assert.strictEqual(reply._tag === "Promoted" ? reply.seated.length : 0, 2)
      const left = { run, epoch: 1, travelClass }
      yield* inventory.setWaiting({ ...left, holdId: "gone", passengers: 0 })
      yield* inventory.setWaiting({ ...left, holdId: "fewer", passengers: 1 })
      // What says more comes late.
      yield* inventory.setWaiting({ ...left, holdId: "fewer", passengers: 2 })
      const verdicts = waiting.map(({ holdId, party: { wishes } }) =>
        ({ _tag: "Park", holdId, passengers: wishes.length }) as const
      )
      yield* inventory.judge({ run, epoch: 1, classes, verdicts })
      const found = (yield* inventory.snapshot(run, [travelClass]))?.classes.get(travelClass)
      assert.deepStrictEqual([found?.waitingParties, found?.waitingPassengers], [1, 1])
    }))

  it.effect("offers berths that an operator adds to those who wait first", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      yield* fill(run, 0)
      const waiter = requestOf(run, "waiter", { waitlistMax: 4 })
      assert.strictEqual((yield* inventory.allocate(waiter))._tag, "Waiting")
      const added = new Map([["GN", Uint8Array.of(15, 7, 15, 7, 15, 7)]] as const)
      const newer = { epoch: 1, version: 2 }
      yield* inventory.applyConfig({ run, gate: newer, classes: [{ classOfRun, masks: added }] })
      const newcomer = requestOf(run, "newcomer", { gate: newer })
      assert.deepStrictEqual(yield* inventory.allocate(newcomer), { _tag: "Full", free: 0 })
      const waiting = [{ holdId: "waiter", range: whole, party: waiter.party }]
      const reply = yield* inventory.promote({ run, gate: newer, classOfRun, quota: "GN", waiting })
      assert.strictEqual(reply._tag === "Promoted" && reply.seated.length, 1)
      assert.strictEqual((yield* inventory.allocate(newcomer))._tag, "Held")
    }))

  it.effect("opens a rebuilt run to newcomers after one pass of the promoter", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const waiting = [{ holdId: "waiter", quota: "GN", passengers: 1, range: whole }] as const
      const newer = { epoch: 2, version: 1 }
      const classes = [{ classOfRun, masks: Fixtures.masks, taken: new Uint8Array(), waiting }]
      assert.deepStrictEqual(yield* inventory.load([{ run, gate: newer, classes }]), [true])
      const newcomer = requestOf(run, "newcomer", { gate: newer })
      assert.deepStrictEqual(yield* inventory.allocate(newcomer), { _tag: "Full", free: 0 })
      const parties = [{ holdId: "waiter", range: whole, party: party(["any"]) }]
      yield* inventory.promote({ run, gate: newer, classOfRun, quota: "GN", waiting: parties })
      assert.strictEqual((yield* inventory.allocate(newcomer))._tag, "Held")
    }))
})
