import { readdirSync, readFileSync } from "node:fs"

/** Clock ticks a second in /proc; the same on every Linux that matters. */
const ticksPerSecond = 100

/** The fields of /proc/…/stat after the command, from the state on; none where there is no such process. */
const statOf = (processId: string): ReadonlyArray<string> => {
  try {
    return readFileSync(`/proc/${processId}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? []
  } catch {
    return []
  }
}

const fieldSum = (stat: ReadonlyArray<string>, first: number, last: number): number =>
  stat.slice(first, last + 1).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond

const own = (stat: ReadonlyArray<string>): number => fieldSum(stat, 11, 12)
const withEndedChildren = (stat: ReadonlyArray<string>): number => fieldSum(stat, 11, 14)

/** The processes whose time is told; 0 where there is none of that kind. */
export interface Processes {
  readonly server: number
  readonly postgres: number
  readonly redis: number
}

/** Does something, and answers what it took by the clock, s, and in words what it took of the processors. */
export const processorTimeOf = async (processes: Processes, work: () => Promise<unknown>) => {
  const before = processorTime(processes)
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1000
  const after = processorTime(processes)
  const used = (part: keyof Processes): string => (after[part] - before[part]).toFixed(1)
  return {
    seconds,
    note: `processor time: server ${used("server")} s, PostgreSQL ${used("postgres")} s, Redis ${used("redis")} s`
  }
}

/** Processor time, s, that each has used so far; PostgreSQL's with its sessions, ended ones too. Zero without /proc. */
export const processorTime = (processes: Processes): Processes => {
  const parent = String(processes.postgres)
  const sessions = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(statOf)
    .filter((stat) => stat[1] === parent)
  return {
    server: own(statOf(String(processes.server))),
    postgres: withEndedChildren(statOf(parent)) + sessions.reduce((sum, stat) => sum + own(stat), 0),
    redis: own(statOf(String(processes.redis)))
  }
}
