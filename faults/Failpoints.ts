import { setTimeout as pause } from "node:timers/promises"
import type { BerthProcess } from "./BerthProcess.ts"
import { waitUntil } from "./ChildProcess.ts"
import type { Cluster } from "./Cluster.ts"
import type { RowContext } from "./Row.ts"
import { pass } from "./TcpProxy.ts"

/**
 * A point on the way of a booking, a cancellation, a promotion, a sweep, a rebuild or a payment: each await there is a call to a
 * store, so that a process is killed at a point by what its proxy sees.
 */
export interface Failpoint {
  readonly flow: "book" | "cancel" | "promote" | "sweep" | "rebuild" | "edit" | "hold" | "pay" | "capture" | "expire"
  readonly store: "redis" | "postgres"
  /** As `RedisWire` and `PostgresWire` name it. */
  readonly step: string
  /** `sent`: killed before the store hears of it; `done`: once the store has carried it out and before its answer is seen. */
  readonly at: "sent" | "done"
  /** Where a transaction is around the statement: its COMMIT, not the statement itself. */
  readonly commit?: true
  /** Only in a scheduler, where a script serves servers too. */
  readonly by?: "scheduler"
}

const both = (point: Omit<Failpoint, "at">): ReadonlyArray<Failpoint> => [
  { ...point, at: "sent" },
  { ...point, at: "done" }
]

const redis = (flow: Failpoint["flow"], step: string, by?: "scheduler") =>
  both({ flow, store: "redis", step, ...by === undefined ? {} : { by } })

const commit = (flow: Failpoint["flow"], step: string, by?: "scheduler") =>
  both({ flow, store: "postgres", step, commit: true, ...by === undefined ? {} : { by } })

/** Every step of every flow that writes, in its order; rebuilds last, for they take away the holds that are swept. */
export const failpoints: ReadonlyArray<Failpoint> = [
  ...redis("book", "book-n"),
  // Between the statement and its COMMIT; not there where the statement commits by itself.
  { flow: "book", store: "postgres", step: "commit booking", at: "sent" },
  ...commit("book", "commit booking"),
  ...commit("cancel", "cancel booking"),
  ...redis("cancel", "release-n"),
  ...commit("cancel", "note freed"),
  ...redis("cancel", "set-waiting-2"),
  ...commit("cancel", "note left"),
  ...redis("promote", "promote-n"),
  { flow: "promote", store: "postgres", step: "commit promotion", at: "sent" },
  ...commit("promote", "commit promotion"),
  ...redis("promote", "judge-n"),
  ...redis("sweep", "overdue-1", "scheduler"),
  { flow: "sweep", store: "postgres", step: "read hold facts", at: "done" },
  ...redis("sweep", "judge-n", "scheduler"),
  ...redis("edit", "apply-config-n", "scheduler"),
  ...commit("edit", "note applied", "scheduler"),
  ...redis("rebuild", "load-n"),
  { flow: "rebuild", store: "postgres", step: "raise epoch", at: "sent" },
  ...commit("rebuild", "raise epoch"),
  ...commit("rebuild", "open run")
]

/** Every step of a booking that is paid later. The sandbox of the gateway is in the process, and dies with it. */
export const moneyFailpoints: ReadonlyArray<Failpoint> = [
  ...commit("hold", "commit held booking"),
  ...commit("pay", "begin payment"),
  ...commit("pay", "answer payment"),
  ...commit("capture", "claim gateway jobs", "scheduler"),
  ...commit("capture", "note gateway job", "scheduler"),
  ...commit("expire", "expire holds", "scheduler"),
  ...redis("expire", "release-n", "scheduler"),
  ...commit("expire", "note freed", "scheduler")
]

export const nameOf = ({ at, commit: atCommit, flow, step }: Failpoint): string =>
  `${flow}: ${atCommit === true ? "commit of " : ""}${step}, ${at}`

/** Sweeps come every ten seconds, and where it takes longest a process is being started meanwhile. */
const reachMillisMax = 60_000
const provokeMillis = 3_000

/** Kills the first of the processes that comes to the point; answers which, or none where nobody came there in time. */
const killAt = async (
  processes: ReadonlyArray<BerthProcess>,
  point: Failpoint,
  provoke: () => Promise<void>
): Promise<BerthProcess | undefined> => {
  let hit: BerthProcess | undefined
  let killed: BerthProcess | undefined
  const able = processes.filter(({ kind, running }) => running && (point.by === undefined || kind === point.by))
  for (const berth of able) {
    const kill = () => {
      berth.signal("SIGKILL")
      killed = berth
    }
    berth[point.store].tap = ({ commits, step }) => {
      const here = step === point.step && (point.commit === undefined || commits)
      if (hit !== undefined || !here) return pass
      hit = berth
      if (point.at === "done") return { kind: "lose answer", lost: kill }
      kill()
      return { kind: "cut" }
    }
  }
  const isKilled = () => killed !== undefined
  const until = performance.now() + reachMillisMax
  while (!isKilled() && performance.now() < until) {
    // Where a store or a server is away at the moment, the next try may find it.
    await provoke().catch(() => undefined)
    await waitUntil(nameOf(point), provokeMillis, isKilled, 5).catch(() => undefined)
  }
  for (const berth of able) berth[point.store].tap = () => pass
  // Where the answer is still on its way, the kill comes with it.
  if (hit !== undefined && killed === undefined) await pause(1000)
  return killed
}

/** More of everything, so that one at least is there to be killed and in a sale one at least to serve. */
const withSpares = async (cluster: Cluster, work: () => Promise<void>): Promise<void> => {
  const spares = await Promise.all([cluster.launch("server"), cluster.launch("scheduler")])
  await Promise.all(spares.map((berth) => berth.ready()))
  const listOf = ({ kind }: BerthProcess) => kind === "server" ? cluster.servers : cluster.schedulers
  for (const berth of spares) listOf(berth).push(berth)
  await work()
  for (const berth of spares) {
    listOf(berth).splice(listOf(berth).indexOf(berth), 1)
    await berth.stop()
  }
}

/** Kills somebody at each point, one after another, and starts them again; nobody coming to a point is a failure. */
export const killAtEach = async (
  { brief, cluster, injected, note, problem }: RowContext,
  points: ReadonlyArray<Failpoint>,
  provoke: (point: Failpoint) => Promise<void>
): Promise<void> => {
  const restarting = new Map<BerthProcess, Promise<void>>()
  const ready = (kind: BerthProcess["kind"]) =>
    cluster.processes.filter((berth) => berth.kind === kind && berth.running && !restarting.has(berth)).length
  let reached = 0
  const killAll = async () => {
    for (const point of points) {
      if (ready("server") < 2 || (point.by !== undefined && ready(point.by) === 0) || point.flow === "rebuild") {
        await Promise.all(restarting.values())
      }
      const killed = await killAt(cluster.processes, point, () => provoke(point))
      if (killed === undefined) {
        problem(`nobody came to: ${nameOf(point)}`)
        continue
      }
      reached++
      injected()
      const restart = killed.kill().then(() => killed.restart()).catch((cause: unknown) =>
        problem(`${killed.name}: ${String(cause)}`)
      ).finally(() => restarting.delete(killed))
      restarting.set(killed, restart)
    }
    await Promise.all(restarting.values())
  }
  await (brief ? killAll() : withSpares(cluster, killAll))
  note(`${reached} of ${points.length} failpoints reached`)
}
