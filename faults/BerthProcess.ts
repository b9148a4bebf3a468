import { dirname, join } from "node:path"
import { ChildProcess, freePort, waitUntil } from "./ChildProcess.ts"
import { postgresWire } from "./PostgresWire.ts"
import { redisWire } from "./RedisWire.ts"
import { TcpProxy } from "./TcpProxy.ts"

const root = dirname(import.meta.dirname)
const readyMillisMax = 180_000
const answerMillisMax = 5_000

const mains = {
  server: "packages/server/src/NodeMain.ts",
  scheduler: "packages/scheduler/src/NodeMain.ts",
  "small pool": "faults/SmallPoolMain.ts"
}

export interface BerthProcessOptions {
  readonly name: string
  readonly kind: keyof typeof mains
  readonly postgresUrl: string
  readonly redisUrl: string
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
}

/** A server or a scheduler as a process of its own, that reaches the stores through proxies of its own. */
export class BerthProcess {
  readonly name: string
  readonly kind: keyof typeof mains
  readonly port: number
  readonly postgres: TcpProxy
  readonly redis: TcpProxy
  readonly #options: BerthProcessOptions
  #process: ChildProcess | undefined

  private constructor(options: BerthProcessOptions, port: number, postgres: TcpProxy, redis: TcpProxy) {
    this.#options = options
    this.name = options.name
    this.kind = options.kind
    this.port = port
    this.postgres = postgres
    this.redis = redis
  }

  static async start(options: BerthProcessOptions): Promise<BerthProcess> {
    const berth = await BerthProcess.launch(options)
    await berth.ready()
    return berth
  }

  /** Starts it, and does not wait until it is ready. */
  static async launch(options: BerthProcessOptions): Promise<BerthProcess> {
    const [port, postgres, redis] = await Promise.all([
      freePort(),
      new TcpProxy(Number(new URL(options.postgresUrl).port), postgresWire).start(),
      new TcpProxy(Number(new URL(options.redisUrl).port), redisWire).start()
    ])
    const berth = new BerthProcess(options, port, postgres, redis)
    berth.spawn()
    return berth
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  get running(): boolean {
    return this.#process?.over === false
  }

  get logFile(): string {
    return join(this.#options.folder, `${this.name}.log`)
  }

  spawn(): void {
    const postgres = new URL(this.#options.postgresUrl)
    postgres.port = String(this.postgres.port)
    const redis = new URL(this.#options.redisUrl)
    redis.port = String(this.redis.port)
    this.#process = new ChildProcess({
      command: process.execPath,
      args: [join(root, mains[this.kind])],
      cwd: root,
      env: {
        DATABASE_URL: postgres.href,
        REDIS_URI: redis.href,
        HOST: "127.0.0.1",
        PORT: String(this.port),
        LOG_LEVEL: "Info",
        ...this.#options.env
      },
      logFile: this.logFile
    })
  }

  async ready(): Promise<void> {
    await waitUntil(`${this.name} is ready`, readyMillisMax, async () => {
      // Where a store is away at the start it ends, and whoever runs it starts it again.
      if (!this.running) this.spawn()
      const signal = AbortSignal.timeout(answerMillisMax)
      return fetch(`${this.url}/health/live`, { signal }).then(({ ok }) => ok, () => false)
    }, 100)
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal)
  }

  async kill(): Promise<void> {
    await this.#process?.end("SIGKILL")
  }

  async restart(): Promise<void> {
    if (!this.running) this.spawn()
    await this.ready()
  }

  async stop(): Promise<void> {
    this.signal("SIGCONT")
    await this.#process?.end("SIGTERM")
    await Promise.all([this.postgres.stop(), this.redis.stop()])
  }
}
