import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { HoldVerdict, Inventory, RunRef } from "../../src/inventory/Inventory.ts"
import type { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { typesOf, zsetKeys } from "../../src/inventory/RunKeys.ts"
import * as Fixtures from "./Fixtures.ts"
import { InventoryModel } from "./InventoryModel.ts"

const Small = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

/** The berths that each bay has. */
const bays = [15, 7, 15, 7, 15, 7]

/** What may happen, as often as it is listed. */
const kinds = [
  ...Array.from({ length: 9 }, () => "allocate" as const),
  ...["settle", "settle", "drop", "park", "release", "release", "release", "setWaiting"] as const,
  ...["promote", "promote", "promote", "applyConfig", "rebuild"] as const
]

/** One thing that happens; each kind reads the fields that it needs. */
export const Step = Schema.Struct({
  kind: Schema.Literals(kinds),
  quota: Schema.Literals(["GN", "GN", "GN", "TQ"]),
  from: Small(3),
  length: Small(3),
  wishes: Schema.Array(Schema.Literals(["any", "any", "LB", "UB", "SU", "MB"])).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(6)
  ),
  sameCoach: Schema.Boolean,
  lowerBerthsMin: Schema.Literals([0, 0, 0, 1, 2, 3]),
  waitlistMax: Schema.Literals([0, 9, 30]),
  which: Small(60),
  passengers: Small(3),
  again: Schema.Boolean,
  /** How many of those who wait are named; 7: all. */
  named: Schema.Literals([0, 1, 2, 7, 7, 7]),
  general: Schema.Array(Schema.Literals([0, 3, 15, 15])).check(Schema.isMaxLength(6)),
  tatkal: Schema.Array(Schema.Literals([0, 0, 4, 15])).check(Schema.isMaxLength(6))
})
export type Step = typeof Step.Type

const trimmed = (bytes: ArrayLike<number>): Array<number> => {
  const values = Array.from(bytes)
  return values.slice(0, values.findLastIndex((byte) => byte !== 0) + 1)
}

/** One run, driven through the inventory and the model side by side. */
export class InventoryDrive {
  readonly model = new InventoryModel()
  readonly names: Array<string> = []
  readonly inventory: Inventory["Service"]
  readonly redis: ManagedRedis["Service"]
  readonly run: RunRef
  sales = 0

  constructor(inventory: Inventory["Service"], redis: ManagedRedis["Service"], run: RunRef) {
    this.inventory = inventory
    this.redis = redis
    this.run = run
  }

  nth(which: number): string {
    return this.names[which % Math.max(1, this.names.length)] ?? "nobody"
  }

  readonly allocate = Effect.fnUntraced({ self: this }, function*(step: Step) {
    const { model } = this
    const holdId = `h${this.names.length}`
    const range = { from: step.from, to: Math.min(Fixtures.legs, step.from + 1 + step.length) }
    const lowerBerthsMin = Math.min(step.lowerBerthsMin, step.wishes.length)
    const party = { wishes: step.wishes, sameCoach: step.sameCoach, lowerBerthsMin }
    const { again, quota } = step
    // Others have no waitlist; what is set aside closes the pools alone in which somebody waits.
    const waitlistMax = quota === "GN" ? step.waitlistMax : 0
    const changes = { gate: model.gate, quota, range, party, waitlistMax, firstTry: !again }
    const request = Fixtures.requestOf(this.run, holdId, changes)
    const reply = yield* this.inventory.allocate(request)
    const waitingBefore = model.waiting(quota).reduce((sum, [, hold]) => sum + hold.passengers, 0)
    const mustLetPass = model.closed.has(quota)
    const mayWait = waitlistMax > 0 && waitingBefore + party.wishes.length <= waitlistMax
    if (mustLetPass && model.fits(quota, range, party, false) && !(again && mayWait)) {
      // Nothing was written, so the name stays free.
      assert.deepStrictEqual(reply, { _tag: "Behind" })
      return
    }
    if (!mustLetPass && model.fits(quota, range, party, false)) {
      for (const [other, hold] of model.waiting(quota)) {
        assert.isFalse(model.fits(quota, hold.range, model.left(hold), true), `${holdId} passes ${other}`)
      }
      if (reply._tag !== "Held") return assert.fail(`${reply._tag} although ${holdId} fits`)
      model.seat(holdId, quota, range, party, reply.slots, false)
    } else if (mayWait) {
      if (reply._tag !== "Waiting") return assert.fail(`${reply._tag} although ${holdId} may wait`)
      const passengers = party.wishes.length
      model.holds.set(holdId, { state: "waiting", quota, range, party, passengers, slots: [] })
    } else {
      // Nothing was written, so the name stays free.
      assert.deepStrictEqual(reply, { _tag: "Full", free: model.freeSlots(quota, range, false).length })
      return
    }
    this.names.push(holdId)
    assert.deepStrictEqual(yield* this.inventory.allocate(request), { ...reply, known: true })
  })

  readonly judge = Effect.fnUntraced({ self: this }, function*(verdict: HoldVerdict) {
    const options = {
      run: this.run,
      epoch: this.model.gate.epoch,
      classes: [Fixtures.classOfRun],
      verdicts: [verdict]
    }
    this.model.judge(verdict)
    assert.strictEqual(yield* this.inventory.judge(options), "Applied")
    assert.strictEqual(yield* this.inventory.judge(options), "Applied")
  })

  readonly release = Effect.fnUntraced({ self: this }, function*(holdId: string, again: boolean) {
    const hold = this.model.holds.get(holdId)
    if (hold?.state !== "settled") return
    const freeings = hold.slots.map((slot) => ({
      saleId: ++this.sales,
      travelClass: Fixtures.layout.travelClass,
      slot,
      range: hold.range
    }))
    const options = { run: this.run, epoch: this.model.gate.epoch, classes: [Fixtures.classOfRun], freeings }
    assert.strictEqual(yield* this.inventory.release(options), "Applied")
    for (const slot of hold.slots) this.model.free(slot, hold.range)
    hold.slots = []
    this.model.holds.delete(holdId)
    this.names.splice(this.names.indexOf(holdId), 1, "nobody")
    if (again) assert.strictEqual(yield* this.inventory.release(options), "Applied")
  })

  readonly setWaiting = Effect.fnUntraced({ self: this }, function*(holdId: string, passengers: number) {
    const { model } = this
    const options = {
      run: this.run,
      epoch: model.gate.epoch,
      travelClass: Fixtures.layout.travelClass,
      holdId,
      passengers
    }
    assert.strictEqual(yield* this.inventory.setWaiting(options), "Applied")
    assert.strictEqual(yield* this.inventory.setWaiting(options), "Applied")
    const hold = model.holds.get(holdId)
    if (hold === undefined || passengers >= hold.passengers) return
    if (hold.state === "held") hold.passengers = passengers
    if (hold.state !== "waiting" && hold.state !== "parked") return
    hold.passengers = passengers
    if (passengers === 0) hold.state = "ended"
    else model.closed.add(hold.quota)
  })

  readonly promote = Effect.fnUntraced({ self: this }, function*(step: Step) {
    const { model } = this
    const waiting = [...model.holds]
      .filter(([, hold]) => hold.quota === step.quota)
      .slice(0, step.named === 7 ? undefined : step.named)
      // The ledger may have been asked before somebody of the party left.
      .map(([holdId, hold]) => ({ holdId, party: step.again ? hold.party : model.left(hold), range: hold.range }))
    const { quota } = step
    const options = { run: this.run, gate: model.gate, classOfRun: Fixtures.classOfRun, quota, waiting }
    const reply = yield* this.inventory.promote(options)
    if (reply._tag !== "Promoted") return assert.fail("the gate was refused")
    const seated = new Map(reply.seated.map(({ holdId, slots }) => [holdId, slots]))
    assert.strictEqual(reply.cleared, model.promote(quota, waiting, seated))
  })

  readonly applyConfig = Effect.fnUntraced({ self: this }, function*(step: Step) {
    const general = Uint8Array.from(step.general, (bits, bay) => bits & (bays[bay] ?? 0))
    const tatkal = Uint8Array.from(step.tatkal, (bits, bay) => bits & (bays[bay] ?? 0) & ~(general[bay] ?? 0))
    const masks = new Map([["GN", general], ["TQ", tatkal]] as const)
    this.model.applyConfig(masks)
    const classes = [{ classOfRun: Fixtures.classOfRun, masks }]
    const options = { run: this.run, gate: this.model.gate, classes }
    const reply = this.model.waiting().length > 0 ? "Awaited" : "Applied"
    assert.strictEqual(yield* this.inventory.applyConfig(options), reply)
    assert.strictEqual(yield* this.inventory.applyConfig(options), "Stale")
  })

  readonly rebuild = Effect.fnUntraced({ self: this }, function*() {
    const load = this.model.rebuild(this.run)
    assert.deepStrictEqual(yield* this.inventory.load([load]), [true])
    assert.deepStrictEqual(yield* this.inventory.load([load]), [false])
  })

  take(step: Step) {
    switch (step.kind) {
      case "allocate":
        return this.allocate(step)
      case "settle":
        return this.judge({ _tag: "Settle", holdId: this.nth(step.which) })
      case "drop":
        return this.judge({ _tag: "Drop", holdId: this.nth(step.which) })
      case "park":
        // Parked is who was promoted, and where there is no waitlist nobody is: what is set aside for such a one would not
        // close the pool of those who come to wait after it.
        return this.model.holds.get(this.nth(step.which))?.quota === "TQ"
          ? Effect.void
          : this.judge({ _tag: "Park", holdId: this.nth(step.which), passengers: step.passengers + 1 })
      case "release":
        return this.release(this.nth(step.which), step.again)
      case "setWaiting":
        return this.setWaiting(this.nth(step.which), step.passengers)
      case "promote":
        return this.promote(step)
      case "applyConfig":
        return this.applyConfig(step)
      case "rebuild":
        return this.rebuild()
    }
  }

  /** Redis shows what the model has: bits, legs set aside, counts, masks and ZSETs. */
  readonly compare = Effect.fnUntraced({ self: this }, function*() {
    const { model } = this
    const { travelClass } = Fixtures.layout
    const snapshot = yield* this.inventory.snapshot(this.run, [travelClass])
    const found = snapshot?.classes.get(travelClass)
    if (snapshot === null || found === undefined) return assert.fail("the run is not there")
    assert.deepStrictEqual(snapshot.gate, model.gate)
    assert.deepStrictEqual(trimmed(found.taken), trimmed(model.bytes(() => true)))
    assert.deepStrictEqual(trimmed(found.freed), trimmed(model.bytes((why) => why === "aside")))
    const waiting = model.waiting()
    assert.strictEqual(found.waitingParties, waiting.length)
    assert.strictEqual(found.waitingPassengers, waiting.reduce((sum, [, hold]) => sum + hold.passengers, 0))
    for (const quota of Fixtures.quotas) {
      assert.deepStrictEqual(trimmed(found.masks.get(quota) ?? []), trimmed(model.masks.get(quota) ?? []))
      const keys = zsetKeys(this.run, Fixtures.layout, quota)
      const zsets = yield* Effect.forEach(keys, (key) => this.redis.send("ZRANGE", key, 0, -1, "WITHSCORES"))
      assert.deepStrictEqual(
        zsets.map(String),
        typesOf(Fixtures.layout).map((berthType) => String(model.zset(quota, berthType)))
      )
    }
    const due = yield* this.inventory.overdue(this.run, -60_000)
    const live = [...model.holds].filter(([, { state }]) => state === "held" || state === "waiting")
    assert.deepStrictEqual(
      new Map(due.map(({ holdId, slots, state }) => [holdId, { slots, state }])),
      new Map(live.map(([holdId, { slots, state }]) => [holdId, { slots, state }]))
    )
  })
}
