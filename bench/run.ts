/** `npm run bench`: measures on this machine; see bench/README.md. */
import { mkdirSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { chart } from "./Chart.ts"
import { efforts } from "./Effort.ts"
import type { Measurement } from "./Measurement.ts"
import { formatResults, type Results } from "./Results.ts"
import { sections } from "./Sections.ts"
import { withStand } from "./Stand.ts"

const results = fileURLToPath(new URL("results/", import.meta.url))
const charts = fileURLToPath(new URL("../docs/charts/", import.meta.url))

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean" },
    full: { type: "boolean" },
    feed: { type: "string" },
    profile: { type: "string" },
    help: { type: "boolean" }
  }
})

const effort = values.quick === true ? efforts.quick : values.full === true ? efforts.full : efforts.usual
const names = Object.keys(sections)
const unknown = positionals.filter((name) => !names.includes(name))
if (values.help === true || unknown.length > 0) {
  console.log(`npm run bench -- [--quick | --full] [--feed FEED.zip] [--profile FOLDER] [${names.join("] [")}]`)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const chosen = Object.entries(sections).filter(([name, { needs }]) =>
  positionals.length > 0
    ? positionals.includes(name)
    : needs === undefined || (needs === "feed" ? values.feed !== undefined : effort.name === "full")
)

const mark = ({ aimMet, floorMet }: Measurement): string =>
  floorMet === false ? "MISSED" : aimMet === false ? "floor met" : aimMet === true || floorMet === true ? "met" : ""

const print = (measurement: Measurement): void => {
  const { aim, floor, highest, lowest, name, note, repeats, unit, value } = measurement
  const spread = repeats > 1 ? `${lowest}–${highest}` : ""
  const goals = [aim === null ? "" : `aim ${aim}`, floor === null ? "" : `floor ${floor}`].filter((goal) => goal !== "")
  console.log(
    [
      name.padEnd(48),
      `${value} ${unit}`.padStart(18),
      spread.padEnd(17),
      goals.join(", ").padEnd(24),
      mark(measurement)
    ]
      .join("  ")
  )
  if (note !== "") console.log(`    ${note}`)
}

/** Written after each section, so that a run which is ended leaves what it measured. */
const write = (redis: string, measured: Results["sections"]): void =>
  writeFileSync(
    `${results}latest.json`,
    formatResults({
      at: new Date().toISOString(),
      command: ["npm run bench --", ...process.argv.slice(2)].join(" "),
      machine: {
        cpus: cpus().length,
        model: cpus()[0]?.model ?? "",
        memoryGiB: Math.round(totalmem() / 2 ** 30),
        node: process.version
      },
      redis,
      sections: measured
    })
  )

mkdirSync(results, { recursive: true })
mkdirSync(charts, { recursive: true })
await withStand({ effort, feed: values.feed, profiles: values.profile }, async (stand) => {
  const { name: redis } = await stand.redis()
  console.log(`Redis: ${redis}; ${cpus().length} × ${cpus()[0]?.model ?? "processor"}; Node ${process.version}`)
  const measured: Array<Results["sections"][number]> = []
  for (const [section, { load, title }] of chosen) {
    const startedAt = performance.now()
    console.log(`\n${title}`)
    const measurements = await (await load())(stand)
    measurements.forEach(print)
    console.log(`    ${section}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    measured.push(...measurements.map((measurement) => ({ section, ...measurement })))
    write(redis, measured)
    writeFileSync(`${charts}${section}.svg`, chart(title, measurements))
  }
})
