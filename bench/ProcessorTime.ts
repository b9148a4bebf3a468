import { readdirSync, readFileSync } from "node:fs"

/** Clock ticks a second in /proc; the same on every Linux that matters. */
const ticksPerSecond = 100

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

const ticksOf = (processId: string): number => {
  const fields = read(`/proc/${processId}/stat`).split(") ").at(-1)?.split(" ") ?? []
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
}

/**
 * Processor time, s, that the processes of an instance have used so far: the server with whatever is in it, PostgreSQL,
 * and a Redis of its own. Zero where there is no /proc.
 */
export const processorTime = (serverId: number, dataDir: string) => {
  const time = { server: ticksOf(String(serverId)) / ticksPerSecond, postgresql: 0, redis: 0 }
  for (const processId of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const command = read(`/proc/${processId}/cmdline`)
    const seconds = ticksOf(processId) / ticksPerSecond
    if (command.startsWith("postgres:") || command.includes(`${dataDir}/postgres`)) {
      time.postgresql += seconds
    } else if (/^\S*(redis|valkey)-server/.test(command)) {
      time.redis += seconds
    }
  }
  return time
}
