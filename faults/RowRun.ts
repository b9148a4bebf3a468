import { waitUntil } from "./ChildProcess.ts"
import type { Cluster } from "./Cluster.ts"
import { checkEndConditions } from "./EndConditions.ts"
import { Load } from "./Load.ts"
import { makeNetwork } from "./Network.ts"
import { auditUntilEqual, drainHolds } from "./Quiet.ts"
import type { Row, RowContext } from "./Row.ts"
import { SeededRandom } from "./SeededRandom.ts"

/** How soon after a fault is mended bookings are made again. */
const recoveryMillisMax = 60_000
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

let sessions = 0

/** A load that goes on while faults are injected, and what was found meanwhile. */
export interface Session {
  readonly context: RowContext
  readonly problems: Array<string>
  readonly notes: Array<string>
  readonly injected: () => number
}

/** How many call, and how long they pause between two calls at most, ms. */
export interface Callers {
  readonly callers: number
  readonly gapMillis: number
}

const many: Callers = { callers: 14, gapMillis: 120 }
const few: Callers = { callers: 8, gapMillis: 120 }

/** Makes trains, and lets people book. */
export const openSession = async (
  cluster: Cluster,
  seed: number,
  brief: boolean,
  callers = brief ? few : many
): Promise<Session> => {
  const random = new SeededRandom(seed)
  const name = `f${process.pid % 10_000}-${++sessions}`
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
    ...callers
  })
  load.start()
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
  return { context, problems, notes, injected: () => injected }
}

const attempt = async ({ problems }: Session, what: string, work: () => Promise<unknown>): Promise<void> => {
  try {
    await work()
  } catch (cause) {
    problems.push(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

/** Waits until people book again. */
const recovered = async ({ log }: Load): Promise<void> => {
  const before = log.acknowledged
  await waitUntil("bookings", recoveryMillisMax, () => log.acknowledged > before + 3)
}

/** Injects a fault while people book, and sees to it that they do so before and after. */
export const inject = async (row: Row, session: Session): Promise<void> => {
  const { cluster, load } = session.context
  const before = session.injected()
  await attempt(session, "before the fault", () => recovered(load))
  await attempt(session, "the fault", () => row.run(session.context))
  await attempt(session, "start what was ended", () => Promise.all(cluster.processes.map((berth) => berth.restart())))
  await attempt(session, "after the fault", () => recovered(load))
  if (session.injected() === before) session.problems.push("no fault was injected")
}

/** Lets everybody finish, waits until all is quiet, and looks whether what must hold does. */
export const closeSession = async (session: Session, drain: boolean) => {
  const { context: { cluster, load, network }, problems } = session
  let [lost, doubled] = [0, 0]
  await load.stop()
  await load.settle(settleMillisMax)
  if (drain) await attempt(session, "holds", async () => problems.push(...await drainHolds(cluster)))
  await attempt(session, "audit", async () => problems.push(...await auditUntilEqual(cluster, network)))
  await attempt(session, "end conditions", async () => {
    const verdict = await checkEndConditions(cluster, network, load.log)
    ;({ lost, doubled } = verdict)
    problems.push(...verdict.problems)
  })
  return { lost, doubled }
}

/** Runs one row on trains of its own: load, fault, recovery, quiet, and the conditions that must hold at the end. */
export const runRow = async (row: Row, cluster: Cluster, seed: number, callers?: Callers): Promise<RowResult> => {
  const startedAt = performance.now()
  const session = await openSession(cluster, seed, false, callers)
  await inject(row, session)
  const { doubled, lost } = await closeSession(session, true)
  const { context: { load: { log } }, notes, problems } = session
  return {
    name: row.name,
    acknowledged: log.acknowledged,
    refused: log.refused,
    injected: session.injected(),
    lost,
    doubled,
    seconds: (performance.now() - startedAt) / 1000,
    problems,
    notes,
    refusals: log.refusals
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
