/** `npm run bench`: measures on this machine; see bench/README.md. */
import { mkdirSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import type { Measurement } from "./Measurement.ts"
import { booking } from "./sections/booking.ts"
import { edit } from "./sections/edit.ts"
import { feed } from "./sections/feed.ts"
import { footprint } from "./sections/footprint.ts"
import { repack } from "./sections/repack.ts"
import { start } from "./sections/start.ts"
import { yardstick } from "./sections/yardstick.ts"

const results = fileURLToPath(new URL("results/", import.meta.url))
const sections: Readonly<Record<string, () => Promise<ReadonlyArray<Measurement>>>> = {
  yardstick,
  start,
  booking,
  footprint,
  repack,
  edit
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { feed: { type: "string" }, help: { type: "boolean" } }
})

const mark = (measurement: Measurement): string =>
  measurement.floorMet === null ? "" : measurement.floorMet ? "met" : "MISSED"

const print = (measurement: Measurement): void => {
  const value = `${measurement.value} ${measurement.unit}`
  const floor = measurement.floor === null ? "" : `floor ${measurement.floor}`
  console.log(
    [
      measurement.name.padEnd(48),
      value.padStart(20),
      floor.padStart(12),
      mark(measurement).padStart(7),
      measurement.note
    ]
      .join("  ")
  )
}

const unknown = positionals.filter((name) => !(name in sections))
if (values.help === true || unknown.length > 0) {
  console.log(`npm run bench -- [${Object.keys(sections).join("] [")}] [--feed FEED.zip]`)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const chosen = positionals.length > 0 ? positionals : values.feed === undefined ? Object.keys(sections) : []
const measured: Array<Measurement> = []
const run = async (section: () => Promise<ReadonlyArray<Measurement>>) => {
  for (const measurement of await section()) {
    measured.push(measurement)
    print(measurement)
  }
}
for (const name of chosen) {
  await run(sections[name] ?? start)
}
if (values.feed !== undefined) {
  const path = values.feed
  await run(() => feed(path))
}

mkdirSync(results, { recursive: true })
writeFileSync(
  `${results}latest.json`,
  `${
    JSON.stringify(
      {
        at: new Date().toISOString(),
        machine: { cpus: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version },
        sections: measured
      },
      undefined,
      2
    )
  }\n`
)
