import { EmbeddedPostgres } from "@berth/embedded/EmbeddedPostgres"
import { Effect, Layer, Logger, ManagedRuntime } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { freePort, waitUntil } from "./ChildProcess.ts"

/** The time of a waitlist entry's last change tells in which order parties were promoted. */
const settings = { track_commit_timestamp: "on", max_connections: "400" }

const startsMax = 40

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0) && !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

/** PostgreSQL 18 that can be killed, and started again on its data. */
export class PostgresServer {
  readonly dataDir: string
  readonly port: number
  #url = ""
  #stop: () => Promise<void> = () => Promise.resolve()

  private constructor(dataDir: string, port: number) {
    this.dataDir = dataDir
    this.port = port
  }

  static async start(dataDir: string): Promise<PostgresServer> {
    const server = new PostgresServer(dataDir, await freePort())
    await server.start()
    return server
  }

  get url(): string {
    return this.#url
  }

  /** Starts it; after a crash its shared memory may still be in use for a moment, so more than once. */
  async start(): Promise<void> {
    for (let starts = 1;; starts++) {
      const runtime = ManagedRuntime.make(
        EmbeddedPostgres.layer({ dataDir: this.dataDir, port: this.port, settings }).pipe(
          Layer.provide(Logger.layer([]))
        )
      )
      const started = await runtime.runPromise(Effect.result(EmbeddedPostgres))
      if (started._tag === "Success") {
        this.#url = started.success.url
        this.#stop = () => runtime.dispose()
        return
      }
      await runtime.dispose()
      if (starts === startsMax) throw started.failure
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }

  /** The process that the others are children of. */
  get postmaster(): number {
    return Number.parseInt(readFileSync(this.#pidFile, "utf8"), 10)
  }

  get #pidFile(): string {
    return join(this.dataDir, "postgres/postmaster.pid")
  }

  /** Children of the postmaster: sessions and what PostgreSQL runs for itself. */
  get children(): ReadonlyArray<number> {
    const parent = this.postmaster
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
      try {
        return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) === parent
      } catch {
        // It has ended since the list was read.
        return false
      }
    })
  }

  /** Ends it without a checkpoint, as `pg_ctl stop -m immediate` (SIGQUIT) or a power cut (SIGKILL) do. */
  async crash(signal: "SIGQUIT" | "SIGKILL"): Promise<void> {
    const { children, postmaster } = this
    process.kill(postmaster, signal)
    // Sessions end by themselves when they see that their parent is gone.
    await waitUntil("PostgreSQL is gone", 30_000, () => ![postmaster, ...children].some(isAlive))
    await this.#stop()
  }

  get running(): boolean {
    return existsSync(this.#pidFile) && isAlive(this.postmaster)
  }

  /** Starts it again after it has ended by itself. */
  async restart(): Promise<void> {
    await this.#stop()
    await this.start()
  }

  async stop(): Promise<void> {
    await this.#stop()
  }
}
