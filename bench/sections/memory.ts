import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import type { SeatPool } from "@berth/domain/SeatConfig"
import { Inventory, type LoadRun } from "@berth/engine/inventory/Inventory"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import { holdKey } from "@berth/engine/inventory/RunKeys"
import { Effect } from "effect"
import { allocation, gate, inventoryRun, openInventory, partyOf } from "../InventoryStand.ts"
import { cost, type Measurement } from "../Measurement.ts"
import { legs, ordinaryPools } from "../Network.ts"
import { masksOf } from "../PoolMasks.ts"
import type { Stand } from "../Stand.ts"

const runs = 500
const settingUp = { concurrency: 64, discard: true } as const

const usedMemory = Effect.gen(function*() {
  const info = yield* (yield* ManagedRedis).send("INFO", "memory")
  return Number(/\bused_memory:(\d+)/.exec(String(info))?.[1])
})

/** A run that opened its last bay, so that its bits are as long as they get. */
const classesOf = (pools: ReadonlyArray<SeatPool>, isOpened: boolean): LoadRun["classes"] =>
  Array.from(masksOf(pools), ([travelClass, masks]) => {
    const bays = Math.max(...Array.from(masks.values(), (mask) => mask.length))
    const taken = new Uint8Array(isOpened ? bays * legs : 0)
    if (isOpened) taken[(bays - 1) * legs] = 1
    return {
      classOfRun: { layout: coachLayouts[travelClass], legs, quotas: [...masks.keys()] },
      masks,
      taken,
      waiting: []
    }
  })

/** What runs weigh, KiB each, untouched and with every pool opened. */
const weigh = (pools: ReadonlyArray<SeatPool>) =>
  Effect.gen(function*() {
    const redis = yield* ManagedRedis
    const { allocate, load } = yield* Inventory
    const names = Array.from({ length: runs }, (_, n) => inventoryRun(n))
    const perRun = (bytes: number) => bytes / runs / 1024
    const loadAll = (isOpened: boolean) => {
      const classes = classesOf(pools, isOpened)
      return Effect.andThen(
        redis.send("FLUSHALL"),
        Effect.gen(function*() {
          const before = yield* usedMemory
          yield* load(names.map((run) => ({ run, gate, classes })))
          return { before, classes }
        })
      )
    }
    const { before } = yield* loadAll(false)
    const untouched = perRun((yield* usedMemory) - before)

    const opened = yield* loadAll(true)
    // The first booking of a pool makes its ZSETs. What is kept of the bookings themselves is gone after a day.
    yield* Effect.forEach(names, (run) =>
      Effect.forEach(opened.classes, ({ classOfRun }) =>
        Effect.forEach(classOfRun.quotas, (quota) =>
          allocate({
            ...allocation(run, `${classOfRun.layout.travelClass}${quota}`, { from: 0, to: 1 }, 1),
            classOfRun,
            quota,
            party: partyOf(1)
          }))), settingUp)
    yield* Effect.forEach(names, (run) =>
      redis.send("DEL", holdKey(run)), settingUp)
    return { untouched, seeded: perRun((yield* usedMemory) - opened.before) }
  })

/** The same berths, all in the general quota. */
const everybodys: ReadonlyArray<SeatPool> = Array.from(
  Map.groupBy(ordinaryPools, ({ berth, travelClass }) => `${travelClass} ${berth}`).values(),
  ([first, ...others]) => {
    const { berth, seatCount, travelClass } = first ?? { berth: "LB", seatCount: 0, travelClass: "SL" }
    return { travelClass, quota: "GN", berth, seatCount: others.reduce((sum, pool) => sum + pool.seatCount, seatCount) }
  }
)

/** What a run weighs in Redis. */
export const memory = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { name, uri } = await stand.redis()
  const inventory = openInventory(uri)
  try {
    const shared = await inventory.run(weigh(ordinaryPools))
    const plain = await inventory.run(weigh(everybodys))
    const quotas = new Set(ordinaryPools.map(({ quota }) => quota)).size
    return [
      cost("seeded run of 1,072 berths, 3 classes, 20 legs", [shared.seeded], "KiB", {
        aim: 16,
        floor: 24,
        note: `${quotas} quotas as the rules share them out, every pool opened; mean of ${runs} runs; Redis ${name}`
      }),
      cost("untouched run", [shared.untouched], "KiB", { aim: 0.5, floor: 1, note: `${quotas} quotas` }),
      cost("seeded run, all berths in one quota", [plain.seeded], "KiB"),
      cost("untouched run, all berths in one quota", [plain.untouched], "KiB")
    ]
  } finally {
    await inventory.close()
  }
}
