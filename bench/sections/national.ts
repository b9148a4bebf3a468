import { Schema } from "effect"
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { runCounts, untilOpen } from "../Berth.ts"
import { answersIn, bookingRequest, sendHttp } from "../Bookings.ts"
import { comparison } from "../Comparison.ts"
import { type Database, openDatabase } from "../Database.ts"
import { openEngine } from "../EngineStand.ts"
import { startInstance } from "../Instance.ts"
import { cost, type Measurement } from "../Measurement.ts"
import { processorTimeOf } from "../ProcessorTime.ts"
import { askRedis } from "../RedisAsk.ts"
import type { Stand } from "../Stand.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const runsMin = 5_000
const saleSecondsMax = 120

const Sellable = Schema.Struct({ trainId: Schema.String, date: Schema.String, travelClass: Schema.String })

/** A tenth of the runs, each with its classes that have a general quota. */
const tenth = (database: Database) =>
  database.rows(
    Sellable,
    `SELECT r.train_id AS "trainId", to_char(r.date, 'YYYY-MM-DD') AS date, c.travel_class AS "travelClass"
    FROM run r JOIN LATERAL (
      SELECT DISTINCT travel_class FROM train_seat_config WHERE train_id = r.train_id AND quota = 'GN' AND seat_count > 1
    ) c ON true
    WHERE r.date > (now() AT TIME ZONE 'Asia/Kolkata')::date AND r.id % 10 = 0`
  )

const usedMebibytes = async (uri: string): Promise<number> =>
  Number(/\bused_memory:(\d+)/.exec(await askRedis(uri, (redis) => redis.info("memory")))?.[1]) / 2 ** 20

const importFeed = (path: string, dataDir: string): void => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/import.ts", path], {
    cwd: root,
    env: { ...process.env, BERTH_DATA_DIR: dataDir },
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(`the import of ${path} failed:\n${stderr}`)
}

/** A feed imported, its window on sale, a booking in each class of a tenth of its runs, and then Redis emptied. */
export const national = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { driver, feed } = stand
  if (feed === undefined) throw new Error("name a feed: --feed FEED.zip")
  const dataDir = stand.folder("national")
  const instance = await startInstance(dataDir)
  const database = openDatabase(instance.databaseUrl)
  try {
    const imported = await processorTimeOf(instance.processes, async () => importFeed(feed, dataDir))
    let runs = 0
    const seeded = await processorTimeOf(instance.processes, async () => {
      runs = await untilOpen(database, runsMin)
    })
    const untouched = await usedMebibytes(instance.redisUri)
    const counter = { url: instance.url, token: instance.adminToken }
    const requests = (await tenth(database)).map((run) =>
      bookingRequest(counter, { ...run, quota: "GENERAL", passengers: [{ name: "First Traveller", age: 30 }] })
    )
    const sold = await sendHttp(driver, { ...counter, requests, seconds: saleSecondsMax, calls: requests.length })
    const inSale = await usedMebibytes(instance.redisUri)

    const engine = openEngine(instance)
    const compared = await comparison(database, engine).finally(() => engine.close())
    const before = await runCounts(database)
    const back = await processorTimeOf(instance.processes, async () => {
      await askRedis(instance.redisUri, (redis) => redis.flushall())
      // Each run is loaded once at least.
      await untilOpen(database, runsMin, before.loadings + before.runs)
    })
    return [
      cost("feed imported", [imported.seconds], "s", { floor: 30, note: imported.note }),
      cost("its window seeded", [seeded.seconds], "s", {
        floor: 60,
        note: `${runs} runs; ${seeded.note}; ${instance.stores}`
      }),
      cost("Redis with the window, untouched", [untouched], "MiB"),
      cost("Redis with a tenth of the runs in sale", [inSale], "MiB", {
        aim: 300,
        floor: 600,
        note: `a booking in each class of each tenth run: ${answersIn([sold])}`
      }),
      cost("brought up from an empty Redis", [back.seconds], "s", {
        aim: 15,
        floor: 45,
        note: `from FLUSHALL until the last run is on sale, noticing it included; ${back.note}`
      }),
      ...compared
    ]
  } finally {
    await database.close()
    await instance.stop()
  }
}
