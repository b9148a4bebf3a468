import { readFileSync } from "node:fs"
import type { BerthProcess } from "./BerthProcess.ts"

/** Memory that a process holds, bytes. */
export const residentBytes = ({ pid }: BerthProcess): number =>
  1024 * Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])

export const mebibytes = (bytes: number): number => Math.round(bytes / 1024 / 1024)
