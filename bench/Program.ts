import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const readyMillisMax = 120_000

/** A program of this project in a process of its own. */
export interface Program {
  readonly processId: number
  /** What it printed when it was ready. */
  readonly output: string
  /** From the start of the process until it was ready, ms. */
  readonly readyMillis: number
  stop(): Promise<void>
}

/** Runs a program until it has printed what `ready` looks for. With a folder for profiles, its profile is there when it has ended. */
export const startProgram = async (options: {
  readonly file: string
  readonly env: Readonly<Record<string, string>>
  readonly ready: RegExp
  readonly profiles?: string | undefined
}): Promise<Program> => {
  const startedAt = performance.now()
  const profiling = options.profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${options.profiles}`]
  const child = spawn(process.execPath, [...process.execArgv, ...profiling, options.file], {
    cwd: root,
    env: { ...process.env, LOG_LEVEL: "Warn", ...options.env },
    stdio: ["ignore", "pipe", "inherit"]
  })
  let output = ""
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += String(chunk)
      if (options.ready.test(output)) resolve()
    })
    child.once("exit", (code) => reject(new Error(`${options.file} ended with ${code}:\n${output}`)))
    setTimeout(() => reject(new Error(`${options.file} was not ready:\n${output}`)), readyMillisMax).unref()
  })
  try {
    await ready
  } catch (error) {
    child.kill("SIGKILL")
    throw error
  }
  return {
    processId: child.pid ?? 0,
    output,
    readyMillis: performance.now() - startedAt,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill("SIGTERM")
      await once(child, "exit")
    }
  }
}
