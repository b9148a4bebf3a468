import { PgClient } from "@effect/sql-pg"
import { Clock, Context, Duration, Effect, Layer, Option, Redacted, Schedule, type Scope } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { existsSync } from "node:fs"
import { totalmem } from "node:os"
import { join, resolve } from "node:path"
import { EmbeddedStoreError } from "./EmbeddedStoreError.ts"
import { lockFolder } from "./FolderLock.ts"
import { loopbackHost, startOnFreePort } from "./LoopbackPort.ts"
import { stopOrphan } from "./OrphanProcess.ts"
import { findPostgres } from "./PostgresBinaries.ts"
import { createCluster, superuser } from "./PostgresCluster.ts"
import { type PostgresUser, postgresUser } from "./PostgresUser.ts"
import { readEndpoint, StoreEndpoint, writeEndpoint } from "./StoreEndpoint.ts"
import { logTail, makeFolder } from "./StoreFolder.ts"
import { startProcess } from "./StoreProcess.ts"

const store = "PostgreSQL"
const connectMillisMax = 5_000
const connectPauseMillis = 20
/** Recovery after a power cut replays what was written since the last checkpoint. */
const startMillisMax = 120_000
const sharedBuffersMebibytes = { min: 32, max: 1024 }

export interface EmbeddedPostgresOptions {
  /** Berth's data folder; PostgreSQL lives in `postgres` below it. */
  readonly dataDir: string
  /** Fails with `PortInUse` if it is taken; left out, a free one is found and kept from start to start. */
  readonly port?: number
  /** Created if it is missing; `berth` unless told. */
  readonly database?: string
  /** Further settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
}

/** PostgreSQL 18 as a child process that only this machine can reach, for a machine that has none. */
export class EmbeddedPostgres extends Context.Service<EmbeddedPostgres, {
  readonly url: string
  /** Fails when PostgreSQL ends: before Berth does, or with the layer. */
  readonly failed: Effect.Effect<never, EmbeddedStoreError>
}>()("@berth/embedded/EmbeddedPostgres") {
  static readonly layer = (options: EmbeddedPostgresOptions): Layer.Layer<EmbeddedPostgres, EmbeddedStoreError> =>
    Layer.effect(
      EmbeddedPostgres,
      // Another process keeps real time, also in tests that have a clock of their own.
      Effect.provideService(make(options), Clock.Clock, Clock.Clock.defaultValue())
    )
}

interface Server {
  readonly options: EmbeddedPostgresOptions
  readonly folder: string
  readonly logFile: string
  readonly binary: string
  readonly user: PostgresUser
}

const make = Effect.fnUntraced(function*(options: EmbeddedPostgresOptions) {
  const dataDir = resolve(options.dataDir)
  const folder = join(dataDir, "postgres")
  const logFile = join(dataDir, "postgres.log")
  const endpointFile = join(dataDir, "postgres.json")
  yield* makeFolder(store, dataDir, "shared")
  yield* lockFolder(store, join(dataDir, "postgres.lock"))
  const binaries = yield* findPostgres()
  const user = yield* postgresUser({ binary: binaries.postgres, dataDir, folder })

  const known = yield* readEndpoint(store, endpointFile)
  if (existsSync(folder) && Option.isNone(known)) {
    return yield* new EmbeddedStoreError({ store, reason: "PasswordMissing", subject: endpointFile })
  }
  const server: Server = { options, folder, logFile, binary: binaries.postgres, user }
  yield* stopOrphan({ store, folder, pidFile: join(folder, "postmaster.pid"), stopSignal: "SIGINT" })
  const password = existsSync(folder) && Option.isSome(known)
    ? known.value.password
    : yield* createCluster({ dataDir, folder, logFile, endpointFile, initdb: binaries.initdb, user })

  const remembered = Option.map(known, (endpoint) => endpoint.port)
  const running = yield* startOnFreePort(
    store,
    { fixed: Option.fromUndefinedOr(options.port), remembered },
    (port) => startServer(server, new StoreEndpoint({ port, password }))
  )
  // Written by need alone: after one start as root its owner could not write it any more.
  if (!Option.contains(remembered, running.endpoint.port)) {
    yield* writeEndpoint(store, endpointFile, running.endpoint)
  }
  return EmbeddedPostgres.of({
    url: `postgres://${superuser}:${password}@${loopbackHost}:${running.endpoint.port}/${databaseOf(options)}`,
    failed: running.failed
  })
})

const databaseOf = (options: EmbeddedPostgresOptions): string => options.database ?? "berth"

const startServer = Effect.fnUntraced(function*(
  server: Server,
  endpoint: StoreEndpoint
): Effect.fn.Return<
  { readonly endpoint: StoreEndpoint; readonly failed: Effect.Effect<never, EmbeddedStoreError> },
  EmbeddedStoreError,
  Scope.Scope
> {
  const settings = { ...defaultSettings(endpoint.port), ...server.options.settings }
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const running = yield* startProcess({
    store,
    ...server.user.commandLine(server.binary, ["-D", server.folder, ...args]),
    logFile: server.logFile,
    // Fast shutdown: sessions are ended, nothing is lost. Immediate shutdown: the next start recovers.
    stopSignal: "SIGINT",
    killSignal: "SIGQUIT"
  })
  yield* openDatabase(endpoint, databaseOf(server.options)).pipe(
    Effect.retry(Schedule.upTo(Schedule.spaced(Duration.millis(connectPauseMillis)), {
      duration: Duration.millis(startMillisMax)
    })),
    Effect.mapError(() => new EmbeddedStoreError({ store, reason: "Timeout", subject: logTail(server.logFile) })),
    Effect.raceFirst(running.failed)
  )
  return { endpoint, failed: running.failed }
})

/** Answers once the server does, with the database there; the password tells our server from a stranger's. */
const openDatabase = (endpoint: StoreEndpoint, database: string) =>
  Effect.scoped(Effect.gen(function*() {
    const sql = yield* PgClient.makeClient({
      host: loopbackHost,
      port: endpoint.port,
      username: superuser,
      password: Redacted.make(endpoint.password),
      database: "postgres",
      connectTimeout: Duration.millis(connectMillisMax)
    })
    const found = yield* sql`SELECT FROM pg_database WHERE datname = ${database}`
    if (found.length === 0) yield* sql`CREATE DATABASE ${sql(database)}`
  })).pipe(Effect.provide(Reactivity.layer))

const defaultSettings = (port: number): Record<string, string> => {
  const { max, min } = sharedBuffersMebibytes
  const eighthOfMemory = Math.floor(totalmem() / 8 / 1024 / 1024)
  return {
    listen_addresses: loopbackHost,
    port: String(port),
    unix_socket_directories: "",
    max_connections: "100",
    shared_buffers: `${Math.max(min, Math.min(max, eighthOfMemory))}MB`,
    synchronous_commit: "on",
    // Behind a checkpoint each page is written whole again: under a nation's demand four times the log and a third more
    // processor time for ten seconds. With 1 GB of log there would be one a minute, by the clock alone one every five.
    max_wal_size: "4GB",
    checkpoint_timeout: "30min",
    timezone: "UTC",
    log_timezone: "UTC",
    // The detail of an error quotes the row, and a passenger's name with it.
    log_error_verbosity: "terse"
  }
}
