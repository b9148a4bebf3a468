import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { createHash } from "node:crypto"
import { Inventory, type RunRef } from "../../src/inventory/Inventory.ts"
import * as InventoryRedis from "../../src/inventory/InventoryRedis.ts"
import type { LuaScript } from "../../src/inventory/LuaScript.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { RedisClock } from "../../src/inventory/RedisClock.ts"
import * as Fixtures from "../inventory/Fixtures.ts"
import * as RedisForTests from "../inventory/RedisForTests.ts"

const { classOfRun, layout: { travelClass }, legs, party, requestOf } = Fixtures
const whole = { from: 0, to: legs }

/** A script without one of its guards. */
const changed = (script: LuaScript, guard: string, instead: string): LuaScript => {
  const source = script.source.replace(guard, instead)
  assert.notStrictEqual(source, script.source, `${script.name} has not the guard that is taken away: ${guard}`)
  return { ...script, source, sha: createHash("sha1").update(source).digest("hex") }
}

/** The inventory over scripts of which one lacks a guard. */
const inventoryWithout = Effect.fnUntraced(function*(name: string, guard: string, instead: string) {
  const redis = yield* ManagedRedis
  const without = ManagedRedis.of({
    ...redis,
    run: (script, keys, args) => redis.run(script.name === name ? changed(script, guard, instead) : script, keys, args)
  })
  const built = Layer.fresh(InventoryRedis.layerNoDeps).pipe(
    Layer.provide(Layer.merge(Layer.succeed(ManagedRedis, without), Layer.succeed(RedisClock, yield* RedisClock)))
  )
  return yield* Effect.provide(Inventory, built)
})

type Inventories = Inventory["Service"]

const loaded = Effect.fnUntraced(function*(inventory: Inventories) {
  const run = yield* Fixtures.newRun
  yield* inventory.load([Fixtures.loadOf(run)])
  return run
})

/** Sells a berth of the pool whose three berths stand in one bay. */
const sell = Effect.fnUntraced(function*(inventory: Inventories, run: RunRef, holdId: string, epoch = 1) {
  const gate = { epoch, version: 1 }
  const reply = yield* inventory.allocate(requestOf(run, holdId, { gate, quota: "TQ", party: party(["any"]) }))
  if (reply._tag !== "Held") return assert.fail(`${reply._tag} instead of Held`)
  yield* inventory.judge({ run, epoch, classes: [classOfRun], verdicts: [{ _tag: "Settle", holdId }] })
  return reply.slots[0] ?? -1
})

const free = (inventory: Inventories, run: RunRef, slot: number, saleId: number, epoch = 1) =>
  inventory.release({ run, epoch, classes: [classOfRun], freeings: [{ saleId, travelClass, slot, range: whole }] })

const isTaken = Effect.fnUntraced(function*(inventory: Inventories, run: RunRef, slot: number) {
  const taken = (yield* inventory.snapshot(run, [travelClass]))?.classes.get(travelClass)?.taken
  return ((taken?.[Math.floor(slot / 8) * legs] ?? 0) & (1 << slot % 8)) !== 0
})

/** A cancellation that is told twice, with a sale of its berth in between; whether that berth is still taken. */
const toldTwice = Effect.fnUntraced(function*(inventory: Inventories) {
  const run = yield* loaded(inventory)
  const slot = yield* sell(inventory, run, "first")
  yield* free(inventory, run, slot, 1)
  assert.strictEqual(yield* sell(inventory, run, "second"), slot)
  yield* free(inventory, run, slot, 1)
  return yield* isTaken(inventory, run, slot)
})

/** A cancellation that is told after the run was loaded again without its sale, and the berth sold; whether it is taken. */
const toldLate = Effect.fnUntraced(function*(inventory: Inventories) {
  const run = yield* loaded(inventory)
  const slot = yield* sell(inventory, run, "first")
  yield* inventory.load([{ ...Fixtures.loadOf(run), gate: { epoch: 2, version: 1 } }])
  assert.strictEqual(yield* sell(inventory, run, "second", 2), slot)
  yield* free(inventory, run, slot, 1)
  return yield* isTaken(inventory, run, slot)
})

/** A berth that is given back while somebody waits; what a newcomer is told who asks for it. */
const newcomer = Effect.fnUntraced(function*(inventory: Inventories) {
  const run = yield* loaded(inventory)
  const [slot] = [yield* sell(inventory, run, "a"), yield* sell(inventory, run, "b"), yield* sell(inventory, run, "c")]
  yield* inventory.allocate(requestOf(run, "waits", { quota: "TQ", waitlistMax: 9 }))
  yield* free(inventory, run, slot ?? -1, 1)
  return (yield* inventory.allocate(requestOf(run, "newcomer", { quota: "TQ" })))._tag
})

const services = RedisClock.layer.pipe(Layer.provideMerge(RedisForTests.inventory))

layer(services, { timeout: "60 seconds" })("without a guard of the scripts", (it) => {
  it.effect("receipts: a cancellation told twice frees the berth of who bought it since", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* toldTwice(yield* Inventory))
      const without = yield* inventoryWithout(
        "release-n",
        "call(\"HSETNX\", KEYS[2], \"r:\" .. sale_id, now) == 1",
        "true"
      )
      assert.isFalse(yield* toldTwice(without))
    }))

  it.effect("epoch in the release: a cancellation told late frees the berth of who bought it since", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* toldLate(yield* Inventory))
      const without = yield* inventoryWithout("release-n", "if refusal then return refusal end", "")
      assert.isFalse(yield* toldLate(without))
    }))

  it.effect("freed list: a newcomer gets what was given back, and passes who waits", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* newcomer(yield* Inventory), "Full")
      const without = yield* inventoryWithout("release-n", "if anybody_waits(class) then", "if false then")
      assert.strictEqual(yield* newcomer(without), "Held")
    }))
})
