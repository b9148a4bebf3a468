import { spawn, spawnSync } from "node:child_process"
import { randomInt } from "node:crypto"
import { once } from "node:events"
import { closeSync, openSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

/** Below those that connections leave from: one of them could take the port before the process for which it is has bound it. */
const ports = { from: 20_000, to: 32_000 }
const portTries = 100

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < portTries; tries++) {
    const port = randomInt(ports.from, ports.to)
    const server = createServer()
    server.listen(port, "127.0.0.1")
    const isFree = await once(server, "listening").then(() => true, () => false)
    if (isFree) {
      server.close()
      await once(server, "close")
      return port
    }
  }
  throw new Error(`no port of ${portTries} was free`)
}

/** Asks until the answer is yes; fails with `what` when it takes too long. */
export const waitUntil = async (
  what: string,
  millisMax: number,
  ask: () => boolean | Promise<boolean>,
  everyMillis = 25
): Promise<void> => {
  const until = performance.now() + millisMax
  while (!(await ask())) {
    if (performance.now() > until) throw new Error(`${what}: not within ${millisMax / 1000} s`)
    await pause(everyMillis)
  }
}

// Where there is setpriv, what was started ends with this process however that ends.
const endsWithParent = process.platform === "linux"
  && spawnSync("setpriv", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux") === true

/** Compiled code, with which a process starts in half the time. */
const cache = join(import.meta.dirname, "../node_modules/.cache/berth")

const running = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of running) child.signal("SIGKILL")
})

export interface Command {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly logFile: string
}

/** A process that was started here and may be killed, stopped and continued. */
export class ChildProcess {
  readonly #child: ReturnType<typeof spawn>
  readonly ended: Promise<void>
  #over = false

  constructor({ args, command, cwd, env, logFile }: Command) {
    const log = openSync(logFile, "a")
    this.#child = spawn(
      endsWithParent ? "setpriv" : command,
      endsWithParent ? ["--pdeathsig", "KILL", "--", command, ...args] : args,
      { cwd, env: { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: cache, ...env }, stdio: ["ignore", log, log] }
    )
    closeSync(log)
    running.add(this)
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.#over = true
        running.delete(this)
        resolve()
      }
      this.#child.once("exit", end)
      this.#child.once("error", end)
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get over(): boolean {
    return this.#over
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#over) this.#child.kill(signal)
  }

  async end(signal: NodeJS.Signals, millisMax = 15_000): Promise<void> {
    this.signal(signal)
    const timer = setTimeout(() => this.signal("SIGKILL"), millisMax)
    await this.ended
    clearTimeout(timer)
  }
}
