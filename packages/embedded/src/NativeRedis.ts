import { Config, Effect, Option } from "effect"
import { execFileSync } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { delimiter, join, resolve } from "node:path"
import { lockFolder } from "./FolderLock.ts"
import { loopbackHost, startOnFreePort } from "./LoopbackPort.ts"
import { stopOrphan } from "./OrphanProcess.ts"
import { askRedis, redisUri } from "./RedisClient.ts"
import { compactForms } from "./RedisSettings.ts"
import { newPassword, readEndpoint, StoreEndpoint, writeEndpoint } from "./StoreEndpoint.ts"
import { makeFolder } from "./StoreFolder.ts"
import { startProcess } from "./StoreProcess.ts"

const store = "Redis"
const binaryNames = ["valkey-server", "redis-server"]
/** The first with append-only files in parts and with `zset-max-listpack-entries`. */
const majorMin = 7

export interface RedisBinary {
  readonly path: string
  readonly version: string
}

/** The first Valkey or Redis on the PATH that is new enough. */
export const findRedis = Effect.gen(function*() {
  const path = yield* Effect.orDie(Config.String("PATH").pipe(Config.withDefault("")))
  const folders = path.split(delimiter).filter((folder) => folder !== "")
  const binaries = binaryNames.flatMap((name) => folders.map((folder) => join(folder, name)))
  return Option.firstSomeOf(binaries.filter(isExecutable).map(redisAt))
})

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const redisAt = (path: string): Option.Option<RedisBinary> => {
  try {
    const version = /\bv=(\S+)/.exec(execFileSync(path, ["--version"], { encoding: "utf8", stdio: "pipe" }))?.[1]
    return version !== undefined && Number.parseInt(version, 10) >= majorMin
      ? Option.some({ path, version })
      : Option.none()
  } catch {
    // A file of that name which does not run, as for a library that is missing.
    return Option.none()
  }
}

/** Redis as a child process that writes an append-only file: it may lose its last second, PostgreSQL has the rest. */
export const startNativeRedis = Effect.fnUntraced(function*(binary: RedisBinary, dataDir: string) {
  const folder = resolve(dataDir, "redis")
  const endpointFile = resolve(dataDir, "redis.json")
  yield* makeFolder(store, resolve(dataDir), "shared")
  yield* lockFolder(store, resolve(dataDir, "redis.lock"))
  yield* makeFolder(store, folder, "private")
  yield* stopOrphan({ store, folder, pidFile: join(folder, "redis.pid"), stopSignal: "SIGTERM" })

  const remembered = Option.map(yield* readEndpoint(store, endpointFile), (endpoint) => endpoint.port)
  const password = yield* newPassword
  const running = yield* startOnFreePort(
    store,
    { fixed: Option.none(), remembered },
    (port) => startServer(binary, folder, new StoreEndpoint({ port, password }))
  )
  yield* writeEndpoint(store, endpointFile, running.endpoint)
  return { uri: redisUri(running.endpoint), version: binary.version, failed: running.failed }
})

const startServer = Effect.fnUntraced(function*(binary: RedisBinary, folder: string, endpoint: StoreEndpoint) {
  const logFile = `${folder}.log`
  const running = yield* startProcess({
    store,
    command: binary.path,
    args: ["-"],
    input: settings(folder, endpoint),
    logFile,
    stopSignal: "SIGTERM",
    killSignal: "SIGKILL"
  })
  yield* askRedis({ endpoint, logFile, withPassword: true }, (redis) => redis.ping()).pipe(
    Effect.raceFirst(running.failed)
  )
  return { endpoint, failed: running.failed }
})

const settings = (folder: string, endpoint: StoreEndpoint): string => `
bind ${loopbackHost}
port ${endpoint.port}
requirepass ${endpoint.password}
dir ${JSON.stringify(folder)}
pidfile ${JSON.stringify(join(folder, "redis.pid"))}
appendonly yes
appendfsync everysec
auto-aof-rewrite-min-size 256mb
save ""
maxmemory-policy noeviction
${Object.entries(compactForms).map((setting) => setting.join(" ")).join("\n")}
`
