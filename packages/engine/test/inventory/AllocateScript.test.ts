import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { holdMillis } from "../../src/inventory/AllocateScript.ts"
import { type AllocateReply, Inventory } from "../../src/inventory/Inventory.ts"
import * as InventoryRedis from "../../src/inventory/InventoryRedis.ts"
import { RedisClock } from "../../src/inventory/RedisClock.ts"
import * as Fixtures from "./Fixtures.ts"
import { fill, loaded, slotsOf, tatkalRequest } from "./LoadedRun.ts"
import * as RedisForTests from "./RedisForTests.ts"

const { classOfRun, gate, legs, party, requestOf } = Fixtures

layer(RedisForTests.inventory, { timeout: "60 seconds" })("inventory in Redis", (it) => {
  it.effect("answers a repeated hold as before, also when the ledger has it", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const request = requestOf(run, "a", { party: party(["UB", "LB"]) })
      const slots = yield* slotsOf(request)
      const known: AllocateReply = { _tag: "Held", slots, gate, known: true }
      assert.deepStrictEqual(yield* inventory.allocate(request), known)
      const verdicts = [{ _tag: "Settle", holdId: "a" }] as const
      yield* inventory.judge({ run, epoch: 1, classes: [classOfRun], verdicts })
      assert.deepStrictEqual(yield* inventory.allocate(request), known)
    }))

  it.effect("notes which holds the ledger has before it seats a party, unless its gate is another", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const unsettled = Effect.map(
        inventory.overdue(run, -holdMillis),
        (holds) => holds.map(({ holdId }) => holdId).toSorted()
      )
      yield* fill(run, 3)
      const slots = yield* slotsOf(requestOf(run, "a"))
      yield* slotsOf(requestOf(run, "b"))
      yield* slotsOf(requestOf(run, "c"))
      yield* inventory.allocate(requestOf(run, "w", { waitlistMax: 1 }))
      const before = yield* unsettled
      assert.includeMembers([...before], ["a", "b", "c", "w"])

      yield* inventory.allocate(requestOf(run, "d", { settled: ["b"], gate: { epoch: 1, version: 2 } }))
      assert.deepStrictEqual(yield* unsettled, before)
      // A hold that waits is settled when the ledger says that it does: it may have been promoted since.
      yield* inventory.allocate(requestOf(run, "d", { settled: ["a", "nobody", "w", "c"] }))
      assert.deepStrictEqual(yield* unsettled, before.filter((holdId) => holdId !== "a" && holdId !== "c"))
      assert.deepStrictEqual(
        yield* inventory.allocate(requestOf(run, "a")),
        { _tag: "Held", slots, gate, known: true }
      )
    }))

  it.effect("refuses another request under a hold's id", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      yield* inventory.allocate(requestOf(run, "a"))
      const reply = yield* inventory.allocate(requestOf(run, "a", { fingerprint: "other" }))
      assert.deepStrictEqual(reply, { _tag: "Conflict" })
    }))

  it.effect("says that berths are scattered where no leg is full, and writes nothing", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      yield* fill(run, 2)
      const take = (holdId: string, from: number, to: number) =>
        slotsOf(requestOf(run, holdId, { range: { from, to } }))
      const drop = (holdId: string) =>
        inventory.judge({ run, epoch: 1, classes: [classOfRun], verdicts: [{ _tag: "Drop", holdId }] })
      yield* take("first leg of the one", 0, 1)
      yield* take("all of the other", 0, legs)
      yield* take("rest of the one", 1, legs)
      yield* drop("all of the other")
      yield* take("last leg of the other", legs - 1, legs)
      yield* drop("rest of the one")

      const request = requestOf(run, "a", { tellsScattered: true, waitlistMax: 10 })
      assert.deepStrictEqual(yield* inventory.allocate(request), { _tag: "Scattered" })
      const two = { ...request, party: party(["any", "any"]) }
      assert.strictEqual((yield* inventory.allocate(two))._tag, "Waiting", "the first leg has one berth and no two")
      const other = { ...request, holdId: "b", tellsScattered: false, waitlistMax: 0 }
      assert.deepStrictEqual(yield* inventory.allocate(other), { _tag: "Full", free: 0 })
    }))

  it.effect("says which gate the run has when it is another, and null when the run is not there", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const request = requestOf(run, "a", { gate: { epoch: 1, version: 2 } })
      assert.deepStrictEqual(yield* inventory.allocate(request), { _tag: "Gate", gate })
      const elsewhere = yield* Fixtures.newRun
      assert.deepStrictEqual(yield* inventory.allocate(requestOf(elsewhere, "a")), { _tag: "Gate", gate: null })
      const options = { run: elsewhere, gate, classOfRun, quota: "GN", waiting: [] } as const
      assert.deepStrictEqual(yield* inventory.promote(options), { _tag: "Gate", gate: null })
    }))

  it.effect("writes nothing for a caller who has gone", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const hasty = Layer.succeed(RedisClock, { nowMillis: () => 0 })
      const reply = yield* Effect.gen(function*() {
        const late = yield* Inventory
        return yield* late.allocate(requestOf(run, "a"))
      }).pipe(Effect.provide(Layer.fresh(InventoryRedis.layerNoDeps).pipe(Layer.provide(hasty))))
      assert.deepStrictEqual(reply, { _tag: "Late" })
      assert.deepStrictEqual(yield* inventory.overdue(run, -60_000), [])
    }))

  it.effect("seats a party in one bay rather than in two that are fuller", () =>
    Effect.gen(function*() {
      const { run } = yield* loaded
      yield* slotsOf(requestOf(run, "a", { party: party(["any", "any", "any"]) }))
      const slots = yield* slotsOf(requestOf(run, "b", { party: party(["any", "any", "any"]) }))
      assert.strictEqual(new Set(slots.map((slot) => slot >> 3)).size, 1)
    }))

  it.effect("fills the gap between two journeys before it opens another berth", () =>
    Effect.gen(function*() {
      const { run } = yield* loaded
      const [first = 0] = yield* slotsOf(requestOf(run, "a", { range: { from: 0, to: 1 } }))
      assert.deepStrictEqual(yield* slotsOf(requestOf(run, "b", { range: { from: 3, to: 4 } })), [first])
      assert.deepStrictEqual(yield* slotsOf(requestOf(run, "c", { range: { from: 1, to: 3 } })), [first])
    }))

  it.effect("gives the lower berth to the one of the party who wished for it", () =>
    Effect.gen(function*() {
      const { run } = yield* loaded
      const slots = yield* slotsOf(requestOf(run, "a", { party: party(["any", "any", "SU", "LB"]) }))
      assert.strictEqual(slots[2], 3)
      assert.include([0, 2], slots[3])
    }))

  it.effect("meets the wish elsewhere rather than drop it in the first bay", () =>
    Effect.gen(function*() {
      const { run } = yield* loaded
      yield* slotsOf(requestOf(run, "a", { party: party(["SU"]) }))
      assert.deepStrictEqual(yield* slotsOf(requestOf(run, "b", { party: party(["SU"]) })), [19])
    }))

  it.effect("seats nobody where the conditions cannot be kept", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const eight = Array.from({ length: 8 }, () => "any" as const)
      const together = requestOf(run, "a", { party: party(eight, { sameCoach: true }) })
      assert.deepStrictEqual(yield* inventory.allocate(together), { _tag: "Full", free: 18 })
      const lower = tatkalRequest(run, "b", ["any", "any", "any"])
      const three = { ...lower, party: party(lower.party.wishes, { lowerBerthsMin: 3 }), waitlistMax: 0 }
      assert.deepStrictEqual(yield* inventory.allocate(three), { _tag: "Full", free: 3 })
      yield* slotsOf(requestOf(run, "c", { party: party(eight) }))
    }))

  it.effect("lets a party wait within the limit of passengers, and no more", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      yield* slotsOf(tatkalRequest(run, "a", ["any", "any", "any"]))
      const waiting: AllocateReply = { _tag: "Waiting", gate, known: false }
      const six = Array.from({ length: 6 }, () => "any" as const)
      assert.deepStrictEqual(yield* inventory.allocate(tatkalRequest(run, "b", six)), waiting)
      assert.deepStrictEqual(yield* inventory.allocate(tatkalRequest(run, "c", six)), { _tag: "Full", free: 0 })
      assert.deepStrictEqual(yield* inventory.allocate(tatkalRequest(run, "d", ["any"])), waiting)
      assert.deepStrictEqual(yield* inventory.allocate(tatkalRequest(run, "d", ["any"])), {
        _tag: "Waiting",
        gate,
        known: true
      })
    }))
})
