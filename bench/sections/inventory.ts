import { Inventory } from "@berth/engine/inventory/Inventory"
import { Effect } from "effect"
import { SeededRandom } from "../../faults/SeededRandom.ts"
import { answersIn, driverNote, rateOf } from "../Bookings.ts"
import { allocation, encodedAllocations, inventoryRun, loadOf, openInventory, redisJob } from "../InventoryStand.ts"
import { type Measurement, rate, ratios } from "../Measurement.ts"
import { hotBerths, legs, legsOfJourney } from "../Network.ts"
import { referenceCalls, seedReference } from "../peers/reference-script/ReferenceScript.ts"
import { sideBySide } from "../Repeats.ts"
import type { Stand } from "../Stand.ts"

const connections = 50
const runs = 500
const partySize = 2
/** Parties seated in a repeat: enough to measure, and few enough that the runs stay as they were. */
const partiesByEffort = { quick: 4_000, usual: 10_000, full: 10_000 }

type InventoryStand = ReturnType<typeof openInventory>

/** Bits of a run that was sold by chance until half of it was gone, as sales leave it. */
const halfSold = async (inventory: InventoryStand): Promise<Uint8Array> =>
  inventory.run(Effect.gen(function*() {
    const { allocate, load, snapshot } = yield* Inventory
    const run = inventoryRun(runs)
    const random = new SeededRandom(1)
    yield* load([loadOf(run, hotBerths)])
    let left = hotBerths * legs / 2
    for (let n = 0; left > 0; n++) {
      const from = random.between(0, legs - 1)
      const to = random.between(from + 1, legs)
      const reply = yield* allocate(allocation(run, `half${n}`, { from, to }, partySize))
      if (reply._tag === "Held") left -= partySize * (to - from)
    }
    return (yield* snapshot(run, ["SL"]))?.classes.get("SL")?.taken ?? new Uint8Array()
  }))

/** Loads the runs, and opens each by a booking that makes its ZSETs. */
const seed = async (inventory: InventoryStand, taken: Uint8Array): Promise<void> => {
  await inventory.empty()
  await inventory.run(Effect.gen(function*() {
    const { allocate, load } = yield* Inventory
    const names = Array.from({ length: runs }, (_, n) => inventoryRun(n))
    yield* load(names.map((run) => loadOf(run, hotBerths, taken)))
    yield* Effect.forEach(names, (run) => allocate(allocation(run, "first", { from: 0, to: 1 }, 1)), {
      concurrency: connections,
      discard: true
    })
  }))
}

const partiesToSeat = (count: number) =>
  Array.from({ length: count }, (_, n) => {
    const from = (n + Math.floor(n / runs)) % (legs - legsOfJourney + 1)
    return allocation(inventoryRun(n % runs), `party${n}`, { from, to: from + legsOfJourney }, partySize)
  })

/** Parties of two over half of the route, by the booking script and by the reference script, on the same Redis in turn. */
export const inventory = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { name, uri } = await stand.redis()
  const opened = openInventory(uri)
  const send = (
    requests: ReadonlyArray<Uint8Array>,
    calls: number,
    underWay = { connections, callsPerConnection: 1 }
  ) => stand.driver.run(redisJob(uri, { requests, calls, ...underWay }))
  const parties = partiesByEffort[stand.effort.name]
  const calls = await opened.run(encodedAllocations(partiesToSeat(parties)))

  const compare = async (state: string, sold: number, taken: Uint8Array, goals: { aim: number; floor: number }) => {
    const seedOfReference = seedReference(runs, { all: hotBerths, sold })
    const { ones, others } = await sideBySide(stand.effort, async () => {
      await seed(opened, taken)
      return send(calls, parties)
    }, async () => {
      await opened.empty()
      await send(seedOfReference, seedOfReference.length, { connections: 1, callsPerConnection: 64 })
      return send(referenceCalls(runs), parties * partySize)
    })
    const seats = ones.map((result) => partySize * rateOf(result, "Held"))
    const reference = others.map((result) => rateOf(result, "value"))
    return [
      rate(`seats given, ${state}`, seats, "seats/s", {
        note: `parties of two, ${connections} connections; ${answersIn(ones)}; ${driverNote(ones)}; Redis ${name}`
      }),
      rate(`seats given by reference-script, ${state}`, reference, "seats/s", {
        note: `one passenger a call; ${answersIn(others)}; ${driverNote(others)}`
      }),
      rate(`seats ÷ reference-script, ${state}`, ratios(seats, reference), "×", goals)
    ]
  }
  try {
    const half = await halfSold(opened)
    return [
      ...await compare("cold", 0, new Uint8Array(), { aim: 0.95, floor: 0.7 }),
      ...await compare("half full", hotBerths / 2, half, { aim: 0.75, floor: 0.45 })
    ]
  } finally {
    await opened.close()
  }
}
