/** `npm run test:faults`: injects every fault on real stores under load, and proves that no ticket is lost. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Cluster } from "./Cluster.ts"
import { closeConnections } from "./HttpCall.ts"
import { hasNativeRedis } from "./RedisServer.ts"
import type { Row } from "./Row.ts"
import { runInProcess } from "./RowProcess.ts"
import { format, header, runRow } from "./RowRun.ts"
import { rows } from "./Rows.ts"
import { SeededRandom } from "./SeededRandom.ts"
import { soak } from "./Soak.ts"

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    row: { type: "string", multiple: true },
    soak: { type: "string" },
    "at-once": { type: "string", default: "1" },
    list: { type: "boolean" },
    help: { type: "boolean" }
  }
})

const usage = [
  "npm run test:faults -- [--seed N] [--row NAME]… [--at-once N] [--soak 60m] [--list]",
  "  --seed   repeats a run: the same faults and calls, though not the same interleaving",
  "  --row    this row alone; may be given more than once",
  "  --at-once  so many rows at a time, each in a process of its own",
  "  --soak   random rows on one cluster for so long: 90s, 60m, 2h",
  "  --list   names the rows"
].join("\n")

const minutesOf = { s: 1 / 60, m: 1, h: 60 }

const soakMillis = (text: string): number => {
  const [, count, unit] = /^(\d+)([smh])$/.exec(text) ?? []
  if (count === undefined || (unit !== "s" && unit !== "m" && unit !== "h")) {
    console.log(usage)
    process.exit(2)
  }
  return Number(count) * minutesOf[unit] * 60_000
}

if (values.help === true) {
  console.log(usage)
  process.exit(0)
}
if (values.list === true) {
  console.log(rows.map(({ fault, name }) => `${name.padEnd(24)}  ${fault}`).join("\n"))
  process.exit(0)
}
const unknown = (values.row ?? []).filter((name) => !rows.some((row) => row.name === name))
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const atOnce = Number(values["at-once"])
if (unknown.length > 0 || !Number.isSafeInteger(seed) || !(atOnce >= 1)) {
  console.log(unknown.length > 0 ? `No such row: ${unknown.join(", ")}\n${usage}` : usage)
  process.exit(2)
}
const chosen = rows.filter(({ name }) => values.row === undefined || values.row.includes(name))

/** A row's own seed, so that it is the same whether the row runs alone or among others. */
const seedOf = (row: Row): number =>
  [...row.name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, seed)

const missingFor = (row: Row): string | undefined =>
  row.nativeRedis && !hasNativeRedis() ? "no redis-server or valkey-server on the PATH" : row.missing?.()

const shape = { servers: 2, schedulers: 1 }
const tally = { passed: 0, failed: 0, skipped: 0 }

// Ctrl-C ends what was started here too: see ChildProcess.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))

const inFolder = async (work: (folder: string) => Promise<boolean>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "berth-faults-"))
  const fine = await work(folder)
  if (fine) await rm(folder, { recursive: true, force: true })
  else console.log(`    logs are kept in ${folder}`)
}

const count = (ok: boolean): void => {
  if (ok) tally.passed++
  else tally.failed++
}

const runAlone = (row: Row): Promise<void> =>
  inFolder(async (folder) => {
    const special = await row.own?.(folder)
    const cluster = await Cluster.start({ folder, ...shape, redis: row.nativeRedis ? "native" : "any", ...special })
    try {
      const result = await runRow(row, cluster, seedOf(row))
      console.log(format(result))
      count(result.problems.length === 0)
      return result.problems.length === 0
    } finally {
      closeConnections()
      await cluster.stop()
      await special?.clean()
    }
  })

/** Each row in a process of its own, and so many at a time. */
const runAtOnce = async (): Promise<void> => {
  const waiting = [...chosen]
  const runWaiting = async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      const { failed, passed, skipped, text } = await runInProcess(row.name, seed)
      console.log(text)
      tally.passed += passed
      tally.failed += failed
      tally.skipped += skipped
    }
  }
  await Promise.all(Array.from({ length: atOnce }, runWaiting))
}

const soakFor = (millis: number): Promise<void> =>
  inFolder(async (folder) => {
    const cluster = await Cluster.start({ folder, ...shape, redis: hasNativeRedis() ? "native" : "any" })
    const fit = chosen.filter((row) => row.own === undefined && missingFor(row) === undefined)
    try {
      const results = await soak(cluster, fit, new SeededRandom(seed), millis)
      for (const { problems } of results) count(problems.length === 0)
      return results.every(({ problems }) => problems.length === 0)
    } finally {
      closeConnections()
      await cluster.stop()
    }
  })

console.log(
  `Seed ${seed}; npm run test:faults -- --seed ${seed}${values.soak === undefined ? " --row NAME" : ""} repeats it`
)
console.log(header)
if (values.soak !== undefined) {
  await soakFor(soakMillis(values.soak))
} else if (atOnce > 1) {
  await runAtOnce()
} else {
  for (const row of chosen) {
    const missing = missingFor(row)
    if (missing === undefined) {
      try {
        await runAlone(row)
      } catch (cause) {
        console.log(`${row.name.padEnd(24)}  FAILED: ${cause instanceof Error ? cause.stack : String(cause)}`)
        tally.failed++
      }
    } else {
      console.log(`${row.name.padEnd(24)}  not run: ${missing}`)
      tally.skipped++
    }
  }
}
console.log(
  `\n${tally.passed} passed, ${tally.failed} failed${tally.skipped === 0 ? "" : `, ${tally.skipped} not run`}`
)
process.exit(tally.failed === 0 ? 0 : 1)
