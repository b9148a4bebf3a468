import { Inventory } from "@berth/engine/inventory/Inventory"
import { Effect } from "effect"
import { answersIn } from "../Bookings.ts"
import { allocation, encodedAllocations, inventoryRun, loadOf, openInventory, redisJob } from "../InventoryStand.ts"
import { cost, type Measurement } from "../Measurement.ts"
import { hotBerths, legs } from "../Network.ts"
import { processorTime } from "../ProcessorTime.ts"
import { repeated } from "../Repeats.ts"
import type { Stand } from "../Stand.ts"

const connections = 50
const callsByEffort = { quick: 4_000, usual: 10_000, full: 10_000 }
const journey = { from: 5, to: 15 }
const partySize = 2
const bays = hotBerths / 8

/** Bits of a run, taken on the legs that are meant. */
const takenOn = (isTaken: (bay: number, leg: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: bays * legs }, (_, n) => isTaken(Math.floor(n / legs), n % legs) ? 255 : 0)

/** What is refused: each leg is full; one is; or none is, but no berth is free on all of them. */
const states = [
  { name: "sold out", taken: takenOn(() => true) },
  { name: "with its last leg sold out", taken: takenOn((_, leg) => leg === journey.to - 1) },
  { name: "where berths are scattered", taken: takenOn((bay, leg) => (leg < legs / 2) === (bay % 2 === 0)) }
] as const

/** Processor time of Redis for a party of two that finds no berths on a run of 720, in the three ways of finding none. */
export const refusal = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { name, processId, uri } = await stand.redis()
  const opened = openInventory(uri)
  const processes = { server: 0, postgres: 0, redis: processId }
  const run = inventoryRun(1)
  // The same hold each time: what is refused is kept nowhere.
  const asked = { ...allocation(run, "refused", journey, partySize), tellsScattered: true }
  const requests = await opened.run(encodedAllocations([asked]))
  const load = (taken: Uint8Array) =>
    opened.run(Effect.flatMap(Inventory, (inventory) => inventory.load([loadOf(run, hotBerths, taken)])))
  const measure = async () => {
    const before = processorTime(processes)
    const calls = callsByEffort[stand.effort.name]
    const result = await stand.driver.run(redisJob(uri, { requests, connections, callsPerConnection: 1, calls }))
    const answered = Object.values(result.answers).reduce((sum, count) => sum + count, 0)
    return { result, micros: (processorTime(processes).redis - before.redis) / answered * 1e6 }
  }
  try {
    const measured: Array<Measurement> = []
    for (const { name: state, taken } of states) {
      await opened.empty()
      await load(taken)
      // Redis then has the script.
      await opened.run(Effect.flatMap(Inventory, ({ allocate }) => allocate(asked)))
      const results = await repeated(stand.effort, measure)
      measured.push(cost(`Redis's processor time to refuse, ${state}`, results.map(({ micros }) => micros), "µs", {
        note: `${answersIn(results.map(({ result }) => result))}; Redis ${name}`
      }))
    }
    return measured
  } finally {
    await opened.close()
  }
}
