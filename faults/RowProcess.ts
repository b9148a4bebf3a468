import { readFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { ChildProcess } from "./ChildProcess.ts"

/** The longest row takes half of it on two busy cores. */
const rowMillisMax = 8 * 60_000

const result = /\n(\d+) passed, (\d+) failed(?:, (\d+) not run)?\n$/

/** How a row in a process of its own went. */
export interface RowOutcome {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What it said of the row. */
  readonly text: string
}

/** Runs a row in a process of its own, so that another may run at the same time and none can wait for ever. */
export const runInProcess = async (name: string, seed: number): Promise<RowOutcome> => {
  const folder = await mkdtemp(join(tmpdir(), "berth-row-"))
  const logFile = join(folder, "log")
  const child = new ChildProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, "run.ts"), "--row", name, "--seed", String(seed)],
    cwd: dirname(import.meta.dirname),
    env: {},
    logFile
  })
  const timer = setTimeout(() => void child.end("SIGTERM"), rowMillisMax)
  await child.ended
  clearTimeout(timer)
  const output = readFileSync(logFile, "utf8")
  await rm(folder, { recursive: true })
  const [, passed, failed, skipped = "0"] = result.exec(output) ?? []
  if (passed === undefined) {
    return { passed: 0, failed: 1, skipped: 0, text: `${name} did not come to its end:\n${output}` }
  }
  // Without the seed and the titles before it, and the counts behind it.
  const text = output.replace(result, "").split("\n").slice(2).join("\n")
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped), text }
}
