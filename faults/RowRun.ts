import { waitUntil } from "./ChildProcess.ts"
import type { Cluster } from "./Cluster.ts"
import { checkEndConditions } from "./EndConditions.ts"
import { Load } from "./Load.ts"
import { makeNetwork } from "./Network.ts"
import { auditUntilEqual, drainHolds } from "./Quiet.ts"
import type { Row, RowContext } from "./Row.ts"
import { SeededRandom } from "./SeededRandom.ts"

/** How soon after a fault is mended bookings are made again. */
const recoveryMillisMax = 20_000
const settleMillisMax = 60_000
const problemsShown = 12

export interface RowResult {
  readonly name: string
  readonly acknowledged: number
  readonly refused: number
  readonly injected: number
  readonly lost: number
  readonly doubled: number
  readonly seconds: number
  readonly problems: ReadonlyArray<string>
  readonly notes: ReadonlyArray<string>
  /** What was refused, and how often. */
  readonly refusals: ReadonlyMap<string, number>
}

export interface RowOptions {
  readonly cluster: Cluster
  readonly seed: number
  readonly brief: boolean
  /** Whether to wait until every hold is settled, which takes one round of the sweep. */
  readonly drain: boolean
}

let rows = 0

const recovered = async (load: Load): Promise<void> => {
  const before = load.log.acknowledged
  await waitUntil("bookings after the fault", recoveryMillisMax, () => load.log.acknowledged > before + 3)
}

/** Runs one row on trains of its own: load, fault, recovery, quiet, and the conditions that must hold at the end. */
export const runRow = async (row: Row, { brief, cluster, drain, seed }: RowOptions): Promise<RowResult> => {
  const startedAt = performance.now()
  const random = new SeededRandom(seed)
  const name = `f${process.pid % 10_000}-${++rows}`
  const problems: Array<string> = []
  const notes: Array<string> = []
  let injected = 0
  const network = await makeNetwork(cluster, name)
  const load = new Load({
    urls: cluster.urls,
    token: cluster.token,
    trips: network.trips,
    random: random.fork(),
    name,
    callers: brief ? 8 : 14,
    gapMillis: 120
  })
  const context: RowContext = {
    cluster,
    network,
    load,
    random: random.fork(),
    brief,
    injected: (count = 1) => {
      injected += count
    },
    problem: (text) => problems.push(text),
    note: (text) => notes.push(text)
  }
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (cause) {
      problems.push(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  }

  load.start()
  await attempt("before the fault", () => recovered(load))
  await attempt("the fault", () => row.run(context))
  await attempt("start what was ended", () => Promise.all(cluster.processes.map((berth) => berth.restart())))
  await attempt("after the fault", () => recovered(load))
  await load.stop()
  await load.settle(settleMillisMax)
  if (drain) await attempt("holds", async () => problems.push(...await drainHolds(cluster)))
  await attempt("audit", async () => problems.push(...await auditUntilEqual(cluster, network)))
  let [lost, doubled] = [0, 0]
  await attempt("end conditions", async () => {
    const verdict = await checkEndConditions(cluster, network, load.log)
    ;({ lost, doubled } = verdict)
    problems.push(...verdict.problems)
  })
  if (injected === 0) problems.push("no fault was injected")
  return {
    name: row.name,
    acknowledged: load.log.acknowledged,
    refused: load.log.refused,
    injected,
    lost,
    doubled,
    seconds: (performance.now() - startedAt) / 1000,
    problems,
    notes,
    refusals: load.log.refusals
  }
}

const widths = [24, 12, 8, 8, 6, 8, 8]

const columns = (cells: ReadonlyArray<string | number>): string =>
  cells.map((cell, index) =>
    index === 0 ? String(cell).padEnd(widths[0] ?? 0) : String(cell).padStart(widths[index] ?? 0)
  ).join("  ")

export const header = `${columns(["row", "acknowledged", "refused", "injected", "lost", "doubled", "seconds"])}  ok`

/** The line of a row, and below it what was wrong. */
export const format = (result: RowResult): string => {
  const { acknowledged, doubled, injected, lost, name, notes, problems, refusals, refused, seconds } = result
  const ok = problems.length === 0
  return [
    `${columns([name, acknowledged, refused, injected, lost, doubled, seconds.toFixed(1)])}  ${ok ? "ok" : "FAILED"}`,
    ...notes.map((text) => `    ${text}`),
    ...problems.slice(0, problemsShown).map((text) => `  ! ${text}`),
    ...problems.length > problemsShown ? [`  ! and ${problems.length - problemsShown} more`] : [],
    ...ok ? [] : [`    refusals: ${[...refusals].map(([what, count]) => `${what} ${count}`).join(", ")}`]
  ].join("\n")
}
