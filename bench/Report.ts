import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, loadavg, totalmem } from "node:os"
import { fileURLToPath } from "node:url"
import { chart } from "./Chart.ts"
import { commandOf } from "./Command.ts"
import type { Measurement } from "./Measurement.ts"
import { formatResults, type Results } from "./Results.ts"
import { withTable } from "./Table.ts"

const results = fileURLToPath(new URL("results/", import.meta.url))
const charts = fileURLToPath(new URL("../docs/charts/", import.meta.url))
const document = fileURLToPath(new URL("../docs/performance.md", import.meta.url))

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

const secondsText = (seconds: number): string => `${seconds.toFixed(1)} s`

const reasonOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** What came of the sections so far: printed, and written after each, so that a run which is ended leaves what it measured. */
export class Report {
  readonly #redis: string
  readonly #startedAt = performance.now()
  readonly #measured: Array<Results["sections"][number]> = []
  readonly #durations: Array<Results["durations"][number]> = []

  constructor(redis: string) {
    this.#redis = redis
    mkdirSync(results, { recursive: true })
    mkdirSync(charts, { recursive: true })
    console.log(`Redis: ${redis}; ${cpus().length} × ${cpus()[0]?.model ?? "processor"}; Node ${process.version}`)
  }

  /** Measures a section; what goes wrong in it is told, and the next one has its turn. */
  async add(section: string, title: string, measure: () => Promise<ReadonlyArray<Measurement>>): Promise<void> {
    const startedAt = performance.now()
    const [load] = loadavg()
    console.log(`\n${title}`)
    let failure: string | null = null
    try {
      const measurements = await measure()
      measurements.forEach(print)
      this.#measured.push(...measurements.map((measurement) => ({ section, ...measurement })))
      writeFileSync(`${charts}${section}.svg`, chart(title, measurements))
    } catch (error) {
      failure = reasonOf(error)
      console.error(`    ${section} FAILED:`, error)
    }
    const seconds = (performance.now() - startedAt) / 1000
    this.#durations.push({ section, seconds: Number(seconds.toFixed(1)), load: load ?? 0, failure })
    console.log(`    ${section}: ${secondsText(seconds)}`)
    this.#write()
  }

  /** Prints what the sections took, and answers whether all of them were measured. */
  finish(): boolean {
    const failed = this.#durations.filter(({ failure }) => failure !== null)
    const longest = this.#durations.toSorted((left, right) => right.seconds - left.seconds)
    console.log(`\n${longest.map(({ seconds, section }) => `${section} ${secondsText(seconds)}`).join(", ")}`)
    console.log(
      `In all ${secondsText((performance.now() - this.#startedAt) / 1000)}, ${this.#durations.length} sections`
    )
    for (const { failure, section } of failed) console.error(`${section} failed: ${failure}`)
    return failed.length === 0
  }

  /** Puts what was measured into docs/performance.md in place of the run before. */
  writeDocument(): void {
    writeFileSync(document, withTable(readFileSync(document, "utf8"), this.#results()))
  }

  #results(): Results {
    return {
      at: new Date().toISOString(),
      command: commandOf(process.argv.slice(2)),
      machine: {
        cpus: cpus().length,
        model: cpus()[0]?.model ?? "",
        memoryGiB: Math.round(totalmem() / 2 ** 30),
        node: process.version
      },
      redis: this.#redis,
      durations: this.#durations,
      sections: this.#measured
    }
  }

  #write(): void {
    writeFileSync(`${results}latest.json`, formatResults(this.#results()))
  }
}
