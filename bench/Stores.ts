import { EmbeddedPostgres } from "@berth/embedded/EmbeddedPostgres"
import { EmbeddedRedis } from "@berth/embedded/EmbeddedRedis"
import { Layer, Logger, ManagedRuntime } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"

export const processIdIn = (file: string): number => {
  try {
    return Number.parseInt(readFileSync(file, "utf8"), 10)
  } catch {
    return 0
  }
}

export interface RedisStore {
  readonly uri: string
  /** Which one it is, for whoever reads the figures. */
  readonly name: string
  readonly processId: number
  stop(): Promise<void>
}

/** The fastest Redis of this machine: a native one on the PATH, else the one in WebAssembly. */
export const startRedis = async (dataDir: string): Promise<RedisStore> => {
  const runtime = ManagedRuntime.make(
    EmbeddedRedis.layer({ dataDir, kind: "auto" }).pipe(Layer.provide(Logger.layer([])))
  )
  const { kind, uri, version } = await runtime.runPromise(EmbeddedRedis)
  return {
    uri,
    name: `${kind === "native" ? "native" : "in WebAssembly"}, ${version}`,
    processId: processIdIn(join(dataDir, "redis/redis.pid")),
    stop: () => runtime.dispose()
  }
}

export interface PostgresStore {
  readonly url: string
  readonly processId: number
  stop(): Promise<void>
}

/** PostgreSQL as `npm start` has it: `synchronous_commit = on`. */
export const startPostgres = async (dataDir: string): Promise<PostgresStore> => {
  const runtime = ManagedRuntime.make(EmbeddedPostgres.layer({ dataDir }).pipe(Layer.provide(Logger.layer([]))))
  const { url } = await runtime.runPromise(EmbeddedPostgres)
  return { url, processId: processIdIn(join(dataDir, "postgres/postmaster.pid")), stop: () => runtime.dispose() }
}
