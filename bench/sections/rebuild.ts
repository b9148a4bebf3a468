import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { Inventory, type LoadRun } from "@berth/engine/inventory/Inventory"
import { RunLoader } from "@berth/engine/seeding/RunLoader"
import { Effect, Schema } from "effect"
import { answersIn, ordinaryRuns, type RunName, sendHttp, spreadRequests } from "../Bookings.ts"
import { openEngine } from "../EngineStand.ts"
import { allocation, inventoryRun, openInventory, partyOf } from "../InventoryStand.ts"
import { cost, type Measurement } from "../Measurement.ts"
import { legs, ordinaryPools } from "../Network.ts"
import { masksOf } from "../PoolMasks.ts"
import { processorTimeOf } from "../ProcessorTime.ts"
import type { Stand } from "../Stand.ts"

const loadings = { quick: 50, usual: 200, full: 500 }
const bookingsOfRun = 400
const saleSecondsMax = 20
const sellers = 32

const millisOf = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

const timed = async (times: number, work: (n: number) => Promise<unknown>): Promise<ReadonlyArray<number>> => {
  const millis: Array<number> = []
  for (let n = 0; n < times; n++) millis.push(await millisOf(() => work(n)))
  return millis
}

/** Four berths of each bay sold all the way, or nothing. */
const classesOf = (isSold: boolean): LoadRun["classes"] =>
  Array.from(masksOf(ordinaryPools), ([travelClass, masks]) => ({
    classOfRun: { layout: coachLayouts[travelClass], legs, quotas: [...masks.keys()] },
    masks,
    taken: new Uint8Array(isSold ? legs * Math.max(...Array.from(masks.values(), ({ length }) => length)) : 0).fill(15),
    waiting: []
  }))

/** The call that loads and publishes a run, by itself; a run of which something was sold has ZSETs, which are found first. */
const loadScript = async (uri: string, times: number): Promise<ReadonlyArray<Measurement>> => {
  const inventory = openInventory(uri)
  let epoch = 1
  const measure = async (isSold: boolean) => {
    const classes = classesOf(isSold)
    const run = inventoryRun(isSold ? 1 : 2)
    const millis: Array<number> = []
    for (let n = 0; n < times; n++) {
      const gate = { epoch: ++epoch, version: 1 }
      millis.push(
        await millisOf(() => inventory.run(Effect.flatMap(Inventory, ({ load }) => load([{ run, gate, classes }]))))
      )
      if (isSold) {
        await inventory.run(
          Effect.flatMap(Inventory, ({ allocate }) =>
            Effect.forEach(classes, ({ classOfRun }) =>
              allocate({
                ...allocation(run, `hold${epoch}${classOfRun.layout.travelClass}`, { from: 0, to: 1 }, 1),
                gate,
                classOfRun,
                party: partyOf(1)
              })))
        )
      }
    }
    return millis
  }
  try {
    await inventory.empty()
    return [
      cost("script that loads a run of 1,072 berths, nothing sold", await measure(false), "ms"),
      cost("the same, half of it sold", await measure(true), "ms", {
        note: "with the call that says which ZSETs there are"
      })
    ]
  } finally {
    await inventory.close()
  }
}

const Numbered = Schema.Struct({ id: Schema.Finite, sales: Schema.Int })

/** Rebuilding from the record: epoch raised, sales read, loaded, opened; as a scheduler does it, in a process of its own. */
export const rebuild = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { driver, effort } = stand
  const times = loadings[effort.name]
  const script = await loadScript((await stand.redis()).uri, times)
  const berth = await stand.berth()
  const runs = await ordinaryRuns(berth.database, "all", Infinity)
  const numbered = async ({ date, trainId }: RunName) => {
    const [row] = await berth.database.rows(
      Numbered,
      `SELECT r.id::float8 AS id, (SELECT count(*)::int FROM sale s WHERE s.active AND s.berth >> 16 = r.id) AS sales
      FROM run r WHERE train_id = '${trainId}' AND date = '${date}'`
    )
    return row ?? { id: 0, sales: 0 }
  }
  // The soonest are the ones from which other sections sold; the last have not been touched.
  const [soldRun = { trainId: "", date: "" }] = runs
  const untouched = await Promise.all(runs.slice(-20).map(numbered))
  await sendHttp(driver, {
    url: berth.url,
    requests: spreadRequests(berth, [soldRun]),
    seconds: saleSecondsMax,
    calls: bookingsOfRun
  })
  const sold = await numbered(soldRun)
  const engine = openEngine({
    databaseUrl: (await stand.postgres()).url,
    redisUri: (await stand.berthRedis()).uri
  })
  const load = (ids: ReadonlyArray<number>) =>
    engine.run(Effect.flatMap(RunLoader, (loader) => loader.load(ids, "all")))
  try {
    const quiet = await timed(times, (n) => load([untouched[n % untouched.length]?.id ?? 0]))
    const withSales = await timed(times, () => load([sold.id]))
    const state = { selling: true }
    const selling = sendHttp(driver, {
      url: berth.url,
      requests: spreadRequests(berth, runs.slice(1, 1_000)),
      seconds: 2 * effort.seconds,
      connections: sellers
    }).finally(() => {
      state.selling = false
    })
    const meanwhile: Array<number> = []
    while (state.selling) meanwhile.push(await millisOf(() => load([sold.id])))
    const sales = await selling
    const all = await Promise.all(runs.slice(0, 500).map(numbered))
    let many: ReadonlyArray<number> = []
    const { note } = await processorTimeOf({
      server: process.pid,
      postgres: (await stand.postgres()).processId,
      redis: (await stand.berthRedis()).processId
    }, async () => {
      many = await timed(effort.repeats, () => load(all.map(({ id }) => id)))
    })
    return [
      ...script,
      cost("a run rebuilt from the record, nothing sold", quiet, "ms"),
      cost(`the same with ${sold.sales} sales`, withSales, "ms"),
      cost(`the same while others sell`, meanwhile, "ms", { note: `${sellers} connections; ${answersIn([sales])}` }),
      cost("a run of 500 rebuilt together", many.map((millis) => millis / 500), "ms", {
        note: `${all.reduce((sum, run) => sum + run.sales, 0)} sales on them; in all ${note}`
      })
    ]
  } finally {
    await engine.close()
  }
}
