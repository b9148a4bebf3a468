import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { type AllocateReply, type AllocateRequest, Inventory, type RunRef } from "../../src/inventory/Inventory.ts"
import * as InventoryRedis from "../../src/inventory/InventoryRedis.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { RedisClock } from "../../src/inventory/RedisClock.ts"
import { classKeys, freedKey, holdKey, metaKey } from "../../src/inventory/RunKeys.ts"
import * as Fixtures from "./Fixtures.ts"
import * as RedisForTests from "./RedisForTests.ts"

const { classOfRun, gate, legs, party, requestOf } = Fixtures
const whole = { from: 0, to: legs }
const travelClass = Fixtures.layout.travelClass

const loaded = Effect.gen(function*() {
  const inventory = yield* Inventory
  const run = yield* Fixtures.newRun
  yield* inventory.load([Fixtures.loadOf(run)])
  return { inventory, run }
})

/** Takes berths until `left` of the general quota's eighteen are free on the whole journey. */
const fill = Effect.fnUntraced(function*(run: RunRef, left: number) {
  const inventory = yield* Inventory
  for (let n = 0; n < 18 - left; n++) yield* inventory.allocate(requestOf(run, `filler${n}`))
})

const slotsOf = Effect.fnUntraced(function*(request: AllocateRequest) {
  const inventory = yield* Inventory
  const reply = yield* inventory.allocate(request)
  return reply._tag === "Held" ? reply.slots : assert.fail(`${reply._tag} instead of Held`)
})

const tatkalRequest = (run: RunRef, holdId: string, wishes: AllocateRequest["party"]["wishes"]) =>
  requestOf(run, holdId, { quota: "TQ", party: party(wishes), waitlistMax: 10 })

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

  it.effect("never brings back a hold that ended, also one it had not seen", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      yield* inventory.allocate(requestOf(run, "a"))
      const verdicts = [{ _tag: "Drop", holdId: "a" }, { _tag: "Drop", holdId: "on its way" }] as const
      yield* inventory.judge({ run, epoch: 1, classes: [classOfRun], verdicts })
      assert.deepStrictEqual(yield* inventory.allocate(requestOf(run, "a")), { _tag: "Ended" })
      assert.deepStrictEqual(yield* inventory.allocate(requestOf(run, "on its way")), { _tag: "Ended" })
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
      const hasty = Layer.succeed(RedisClock, { nowMillis: Effect.succeed(0) })
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

  it.effect("frees a sale once, however often it is told", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const [slot = 0] = yield* slotsOf(requestOf(run, "a"))
      const release = {
        run,
        epoch: 1,
        classes: [classOfRun],
        freeings: [{ saleId: 7, travelClass, slot, range: whole }]
      }
      yield* inventory.release(release)
      assert.deepStrictEqual(yield* slotsOf(requestOf(run, "b")), [slot])
      assert.strictEqual(yield* inventory.release(release), "Applied")
      assert.notDeepEqual(yield* slotsOf(requestOf(run, "c")), [slot])
    }))

  it.effect("fences what was committed in another epoch", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const classes = [classOfRun]
      for (const [epoch, reply] of [[0, "Stale"], [2, "Early"]] as const) {
        assert.strictEqual(yield* inventory.release({ run, epoch, classes, freeings: [] }), reply)
        assert.strictEqual(yield* inventory.judge({ run, epoch, classes, verdicts: [] }), reply)
        const left = { run, epoch, travelClass, holdId: "a", passengers: 0 }
        assert.strictEqual(yield* inventory.setWaiting(left), reply)
        const config = { run, gate: { epoch, version: 5 }, classes: [{ classOfRun, masks: Fixtures.masks }] }
        assert.strictEqual(yield* inventory.applyConfig(config), reply)
      }
      const absent = yield* Fixtures.newRun
      assert.strictEqual(yield* inventory.release({ run: absent, epoch: 1, classes, freeings: [] }), "Early")
    }))

  it.effect("lets nobody write under a hold whose time is over, and leaves one alone that was seated again", () =>
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      const { inventory, run } = yield* loaded
      const request = requestOf(run, "a")
      yield* inventory.allocate(request)
      const verdicts = [{ _tag: "Drop", holdId: "a" }] as const
      const options = { run, epoch: 1, classes: [classOfRun], verdicts, graceMillis: 1000 }
      // As the sweep judges a hold that a promoter has renewed since.
      assert.strictEqual(yield* inventory.judge(options), "Applied")
      assert.strictEqual((yield* inventory.allocate(request))._tag, "Held")
      yield* redis.send("HSET", holdKey(run), "a", "held|1|2A:GN|0|4|1|print|0")
      assert.deepStrictEqual(yield* inventory.allocate(request), { _tag: "Late" })
      yield* inventory.judge(options)
      assert.deepStrictEqual(yield* inventory.allocate(request), { _tag: "Ended" })
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

  it.effect("forgets receipts after a day and keeps younger ones", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const redis = yield* ManagedRedis
      const [slot = 0] = yield* slotsOf(requestOf(run, "a"))
      const freeings = [{ saleId: 7, travelClass, slot, range: whole }]
      yield* inventory.release({ run, epoch: 1, classes: [classOfRun], freeings })
      yield* redis.send("HSET", holdKey(run), "r:6", "1", "old", "settled|1|2A:GN|0|4|1|print|0")
      yield* inventory.overdue(run, 0)
      const left = yield* redis.send("HMGET", holdKey(run), "r:6", "old", "a")
      assert.deepStrictEqual(Array.isArray(left) && left.map((value) => value !== null), [false, false, true])
      assert.strictEqual(yield* redis.send("HEXISTS", holdKey(run), "r:7"), 1)
    }))

  it.effect("loads its scripts again when Redis has lost them", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const redis = yield* ManagedRedis
      yield* redis.send("SCRIPT", "FLUSH")
      assert.strictEqual((yield* inventory.allocate(requestOf(run, "a")))._tag, "Held")
    }))

  it.effect("finds no run when Redis was emptied", () =>
    Effect.gen(function*() {
      const { inventory, run } = yield* loaded
      const redis = yield* ManagedRedis
      yield* redis.send("FLUSHALL")
      assert.deepStrictEqual(yield* inventory.allocate(requestOf(run, "a")), { _tag: "Gate", gate: null })
      assert.isNull(yield* inventory.snapshot(run, [travelClass]))
    }))

  it.effect("keeps all keys of a run in one slot of a cluster", () =>
    Effect.gen(function*() {
      const run = yield* Fixtures.newRun
      const keys = [metaKey(run), holdKey(run), freedKey(run), ...classKeys(run, [classOfRun])]
      assert.strictEqual(keys.length, 3 + 1 + 2 * 3)
      assert.strictEqual(new Set(keys).size, keys.length)
      for (const key of keys) assert.match(key, new RegExp(`^[^{]*\\{${run.trainId}:${run.date}\\}[^{}]*$`))
    }))
})
