import type { LegRange } from "@berth/domain/LegRange"
import { Inventory } from "@berth/engine/inventory/Inventory"
import { Effect } from "effect"
import { SeededRandom } from "../../faults/SeededRandom.ts"
import { allocation, inventoryRun, loadOf, openInventory } from "../InventoryStand.ts"
import { type Measurement, rate } from "../Measurement.ts"
import { legs } from "../Network.ts"
import { demand, getIn, journeysOf } from "../SinglePassengers.ts"
import type { Stand } from "../Stand.ts"

const berths = 72
const trainsByEffort = { quick: 10, usual: 20, full: 20 }
/** Calls of one train under way: Redis takes them in the order in which they were sent. */
const underWayMax = 32

const legsIn = (journeys: ReadonlyArray<LegRange>): number => journeys.reduce((sum, { from, to }) => sum + to - from, 0)

/** Those who get in where everybody may be moved at any time. */
const seatedWithoutFragments = (journeys: ReadonlyArray<LegRange>): ReadonlyArray<LegRange> => {
  const seated = getIn(journeys, { berths, legs })
  return journeys.filter((_, n) => seated[n] === true)
}

/** No train can sell more of a leg than it has, nor more than is asked for. */
const boundOf = (journeys: ReadonlyArray<LegRange>): number =>
  Array.from(
    { length: legs },
    (_, leg) => Math.min(berths, journeys.filter(({ from, to }) => from <= leg && leg < to).length)
  )
    .reduce((sum, count) => sum + count, 0)

const sell = (train: number, journeys: ReadonlyArray<LegRange>) =>
  Effect.gen(function*() {
    const { allocate, load } = yield* Inventory
    const run = inventoryRun(train)
    yield* load([loadOf(run, berths)])
    const replies = yield* Effect.forEach(
      journeys,
      (journey, n) => allocate(allocation(run, `traveller${n}`, journey, 1)),
      { concurrency: underWayMax }
    )
    return journeys.filter((_, n) => replies[n]?._tag === "Held")
  })

/** What of a train is sold when four times as much is asked for, beside a train whose passengers could be moved. */
export const fragmentation = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const inventory = openInventory((await stand.redis()).uri)
  try {
    await inventory.empty()
    const trains = trainsByEffort[stand.effort.name]
    const sales = []
    for (let train = 0; train < trains; train++) {
      const journeys = journeysOf(new SeededRandom(train), { berths, legs })
      const sold = legsIn(await inventory.run(sell(train, journeys)))
      sales.push({
        ofBest: 100 * sold / legsIn(seatedWithoutFragments(journeys)),
        ofBound: 100 * sold / boundOf(journeys)
      })
    }
    const note = `${trains} trains of ${berths} berths and ${legs} legs, single passengers, demand ${demand} × supply`
    return [
      rate("sold ÷ a train without fragmentation", sales.map(({ ofBest }) => ofBest), "%", {
        aim: 99.5,
        floor: 99,
        note: `${note}, asked in the same order`
      }),
      rate("sold ÷ what each leg could sell at most", sales.map(({ ofBound }) => ofBound), "%", {
        note: "the sum over legs of the smaller of berths and demand"
      })
    ]
  } finally {
    await inventory.close()
  }
}
