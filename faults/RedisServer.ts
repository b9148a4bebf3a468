import { EmbeddedRedis } from "@berth/embedded/EmbeddedRedis"
import { findRedis } from "@berth/embedded/NativeRedis"
import { Effect, ManagedRuntime, Option } from "effect"
import { Redis } from "ioredis"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { ChildProcess, freePort, waitUntil } from "./ChildProcess.ts"

const nativePath = (): string | undefined =>
  Option.getOrUndefined(Option.map(Effect.runSync(findRedis), ({ path }) => path))

/** Sends commands over a connection of its own. */
export const askRedis = async <A>(url: string, ask: (redis: Redis) => Promise<A>): Promise<A> => {
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    commandTimeout: 10_000,
    retryStrategy: () => null
  })
  redis.on("error", () => {})
  try {
    await redis.connect()
    return await ask(redis)
  } finally {
    redis.disconnect()
  }
}

/** A Redis that can be killed, and started again with or without data; or Valkey in WebAssembly, which can't. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  /** None where Redis is not a process of its own. */
  readonly native: NativeRedisServer | undefined
  stop(): Promise<void>
}

/** Redis or Valkey from the PATH, without persistence but what `SAVE` writes. */
export class NativeRedisServer implements RedisServer {
  readonly native = this
  readonly folder: string
  readonly port: number
  readonly #binary: string
  #process: ChildProcess | undefined

  private constructor(binary: string, folder: string, port: number) {
    this.#binary = binary
    this.folder = folder
    this.port = port
  }

  static async start(folder: string): Promise<NativeRedisServer> {
    const binary = nativePath()
    if (binary === undefined) throw new Error("no redis-server or valkey-server is on the PATH")
    mkdirSync(folder, { recursive: true })
    const server = new NativeRedisServer(binary, folder, await freePort())
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get rdbFile(): string {
    return join(this.folder, "dump.rdb")
  }

  async start(): Promise<void> {
    const { folder, port } = this
    this.#process = new ChildProcess({
      command: this.#binary,
      args: ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"].concat(
        ["--maxmemory-policy", "noeviction", "--zset-max-listpack-entries", "1024"],
        ["--repl-diskless-sync-delay", "0", "--repl-timeout", "60"]
      ),
      env: {},
      cwd: folder,
      logFile: join(folder, "redis.log")
    })
    await waitUntil(
      "Redis answers",
      20_000,
      () => askRedis(this.url, (redis) => redis.ping()).then(() => true, () => false)
    )
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal)
  }

  async kill(): Promise<void> {
    await this.#process?.end("SIGKILL")
  }

  async stop(): Promise<void> {
    await this.kill()
  }
}

/** The Redis that this machine has; `native` insists on a process of its own. */
export const startRedis = async (folder: string, kind: "native" | "any"): Promise<RedisServer> => {
  if (kind === "native" || nativePath() !== undefined) return NativeRedisServer.start(folder)
  mkdirSync(folder, { recursive: true })
  const runtime = ManagedRuntime.make(EmbeddedRedis.layer({ dataDir: folder, kind: "wasm" }))
  const { uri } = await runtime.runPromise(EmbeddedRedis)
  return {
    url: uri,
    port: Number(new URL(uri).port),
    native: undefined,
    stop: () => runtime.dispose()
  }
}

/** Whether rows that kill Redis, load its files or replicate it can run here. */
export const hasNativeRedis = (): boolean => nativePath() !== undefined
