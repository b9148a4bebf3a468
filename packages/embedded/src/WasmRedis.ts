import { Deferred, Duration, Effect, Option } from "effect"
import { resolve } from "node:path"
import { Worker } from "node:worker_threads"
import { EmbeddedStoreError } from "./EmbeddedStoreError.ts"
import { loopbackHost, startOnFreePort } from "./LoopbackPort.ts"
import { askRedis, redisUri } from "./RedisClient.ts"
import { compactForms } from "./RedisSettings.ts"
import { newPassword, StoreEndpoint } from "./StoreEndpoint.ts"
import { makeFolder } from "./StoreFolder.ts"

const store = "Redis"
const startMillisMax = 30_000

/** Valkey as WebAssembly in a thread of its own, for development and tests: what it holds ends with it. */
export const startWasmRedis = Effect.fnUntraced(function*(dataDir: string) {
  yield* makeFolder(store, resolve(dataDir), "shared")
  const logFile = resolve(dataDir, "redis.log")
  const password = yield* newPassword
  const { endpoint, failed } = yield* startOnFreePort(
    store,
    { fixed: Option.none(), remembered: Option.none() },
    (port) => startThread(new StoreEndpoint({ port, password }), logFile)
  )
  const information = yield* askRedis({ endpoint, logFile, withPassword: false }, async (redis) => {
    await redis.config("SET", "maxmemory-policy", "noeviction")
    await redis.config("SET", ...Object.entries(compactForms).flat())
    await redis.config("SET", "requirepass", endpoint.password)
    return redis.info("server")
  }).pipe(Effect.raceFirst(failed))
  const version = /^valkey_version:(\S+)/m.exec(information)?.[1] ?? "unknown"
  yield* Effect.logInfo(
    `Redis is Valkey ${version} as WebAssembly, for development and tests only: what it holds lives in memory and is ` +
      "rebuilt from PostgreSQL at every start. With valkey-server or redis-server on the PATH it is kept"
  )
  return { uri: redisUri(endpoint), version, failed }
})

const startThread = Effect.fnUntraced(function*(endpoint: StoreEndpoint, logFile: string) {
  const ready = yield* Deferred.make<void>()
  const ended = yield* Deferred.make<never, EmbeddedStoreError>()
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const worker = new Worker(new URL("./WasmRedisWorker.ts", import.meta.url), {
        argv: [loopbackHost, String(endpoint.port), logFile],
        execArgv: ["--disable-warning=ExperimentalWarning"]
      })
      worker.once("message", () => Deferred.doneUnsafe(ready, Effect.void))
      worker.once("error", (error) => Deferred.doneUnsafe(ended, stopped(String(error))))
      worker.once("exit", (code) => Deferred.doneUnsafe(ended, stopped(`its thread ended with exit code ${code}`)))
      return worker
    }),
    (worker) => Effect.promise(() => worker.terminate())
  )
  yield* Deferred.await(ready).pipe(
    Effect.raceFirst(Deferred.await(ended)),
    Effect.timeoutOrElse({
      duration: Duration.millis(startMillisMax),
      orElse: () => Effect.fail(new EmbeddedStoreError({ store, reason: "Timeout", subject: logFile }))
    })
  )
  return { endpoint, failed: Deferred.await(ended) }
})

const stopped = (subject: string) => Effect.fail(new EmbeddedStoreError({ store, reason: "Stopped", subject }))
