import type { Cluster } from "./Cluster.ts"
import type { Row } from "./Row.ts"
import { format, type RowResult, runRow } from "./RowRun.ts"
import type { SeededRandom } from "./SeededRandom.ts"

/** Fewer callers than a row by itself has, so that an hour of it leaves the machine to others. */
const calm = { callers: 6, gapMillis: 300 }

const failed = (name: string, cause: unknown): RowResult => ({
  name,
  acknowledged: 0,
  refused: 0,
  injected: 0,
  lost: 0,
  doubled: 0,
  seconds: 0,
  problems: [cause instanceof Error ? cause.message : String(cause)],
  notes: [],
  refusals: new Map()
})

const line = (name: string, results: ReadonlyArray<RowResult>): string => {
  const sum = (count: (result: RowResult) => number) => results.reduce((total, result) => total + count(result), 0)
  const cells = [
    name,
    results.length,
    sum(({ acknowledged }) => acknowledged),
    sum(({ refused }) => refused),
    sum(({ injected }) => injected),
    sum(({ lost }) => lost),
    sum(({ doubled }) => doubled),
    sum(({ problems }) => problems.length > 0 ? 1 : 0)
  ]
  return `| ${cells.join(" | ")} |`
}

/** What a soak came to, as a table for docs/reliability.md. */
const report = (results: ReadonlyArray<RowResult>, seconds: number): string => {
  const byRow = Map.groupBy(results, ({ name }) => name)
  return [
    "",
    `${Math.round(seconds / 60)} minutes:`,
    "",
    "| row | times | acknowledged | refused | injected | lost | doubled | failed |",
    "|---|---|---|---|---|---|---|---|",
    ...[...byRow].toSorted(([one], [other]) => one.localeCompare(other)).map(([name, ofRow]) =>
      line(`\`${name}\``, ofRow)
    ),
    line("**all**", results)
  ].join("\n")
}

/** Injects rows of chance on one cluster for so long; a row that fails does not end it. */
export const soak = async (
  cluster: Cluster,
  rows: ReadonlyArray<Row>,
  random: SeededRandom,
  millis: number
): Promise<ReadonlyArray<RowResult>> => {
  const startedAt = performance.now()
  const results: Array<RowResult> = []
  while (performance.now() < startedAt + millis) {
    const row = random.pick(rows)
    const seed = Math.floor(random.next() * 2 ** 31)
    const result = await runRow(row, cluster, seed, calm).catch((cause: unknown) => failed(row.name, cause))
    console.log(format(result))
    results.push(result)
    await Promise.all(cluster.processes.map((berth) => berth.restart()))
  }
  console.log(report(results, (performance.now() - startedAt) / 1000))
  return results
}
