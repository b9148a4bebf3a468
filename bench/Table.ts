import type { Measurement } from "./Measurement.ts"
import type { Results } from "./Results.ts"

/** What the table of docs/performance.md stands between; the rest of that file is written by hand. */
const marks = ["<!-- what a run measured -->\n", "<!-- end of what a run measured -->"] as const

const goal = (value: number | null): string => value === null ? "" : String(value)

const verdict = ({ aimMet, floorMet }: Measurement): string =>
  floorMet === false ? "**missed**" : aimMet === true ? "aim met" : floorMet === true ? "floor met" : ""

const measured = ({ highest, lowest, repeats, unit, value }: Measurement): string =>
  `${value} ${unit}${repeats > 1 ? ` (${lowest}–${highest})` : ""}`

const row = (measurement: Measurement): string =>
  `| ${measurement.name} | ${measured(measurement)} | ${goal(measurement.aim)} | ${goal(measurement.floor)} | ${
    verdict(measurement)
  } |`

const chartOf = (section: string): string => `![${section}](charts/${section}.svg)`

/** What a run measured as Markdown: where and when, each figure with its range, and its charts. */
export const tableOf = ({ at, command, durations, machine, redis, sections }: Results): string => {
  const minutes = durations.reduce((sum, { seconds }) => sum + seconds, 0) / 60
  const loads = durations.map(({ load }) => load)
  return [
    `\`${command}\` on ${at.slice(0, 10)}, one run of ${
      minutes.toFixed(0)
    } min: ${machine.cpus} cores (${machine.model}), ` +
    `${machine.memoryGiB} GiB, Node ${machine.node}, Redis ${redis ?? "none"}; the machine's load average before its ` +
    `sections was ${Math.min(...loads)} to ${Math.max(...loads)}.`,
    "",
    "| figure | measured, median (range) | aim | floor | |",
    "|---|---|---|---|---|",
    ...sections.map(row),
    "",
    ...[...new Set(sections.map(({ section }) => section))].map(chartOf),
    ""
  ].join("\n")
}

/** A document with the table of a run in place of the one that it has. */
export const withTable = (document: string, results: Results): string => {
  const [before, rest] = document.split(marks[0])
  const after = rest?.split(marks[1])[1]
  if (before === undefined || after === undefined) {
    throw new Error(`the document has no place for a table: ${marks.join("")}`)
  }
  return `${before}${marks[0]}${tableOf(results)}${marks[1]}${after}`
}
