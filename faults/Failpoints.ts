import { setTimeout as pause } from "node:timers/promises"
import type { BerthProcess } from "./BerthProcess.ts"
import { waitUntil } from "./ChildProcess.ts"
import { pass } from "./TcpProxy.ts"

/**
 * A point on the way of a booking, a cancellation, a promotion, a sweep or a rebuild: each await there is a call to a
 * store, so that a process is killed at a point by what its proxy sees.
 */
export interface Failpoint {
  readonly flow: "book" | "cancel" | "promote" | "sweep" | "rebuild" | "edit"
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

export const nameOf = ({ at, commit: atCommit, flow, step }: Failpoint): string =>
  `${flow}: ${atCommit === true ? "commit of " : ""}${step}, ${at}`

/** Kills the first of the processes that comes to the point; answers which, or none where nobody came there in time. */
export const killAt = async (
  processes: ReadonlyArray<BerthProcess>,
  point: Failpoint,
  millisMax: number
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
  await waitUntil(nameOf(point), millisMax, () => killed !== undefined, 5).catch(() => undefined)
  for (const berth of able) berth[point.store].tap = () => pass
  // Where the answer is still on its way, the kill comes with it.
  if (hit !== undefined && killed === undefined) await pause(1000)
  return killed
}
