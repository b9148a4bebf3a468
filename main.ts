/**
 * `npm start`: Berth in one process. Brings PostgreSQL and Redis along unless `DATABASE_URL` and `REDIS_URI` name others,
 * runs the migrations, loads the sample network where there are no trains, keeps time and serves.
 */
import "@berth/engine/NodeHeap"
import "effect/schema/SchemaJITCompiler/enable"
import { UserId } from "@berth/domain/UserId"
import { EmbeddedPostgres } from "@berth/embedded/EmbeddedPostgres"
import { EmbeddedRedis } from "@berth/embedded/EmbeddedRedis"
import * as Engine from "@berth/engine/Engine"
import { migrate } from "@berth/engine/ledger/Migrations"
import * as Logging from "@berth/engine/Logging"
import { runMain } from "@berth/engine/NodeProcess"
import { databaseUrl, layer as connect, redisUri } from "@berth/engine/Stores"
import * as Telemetry from "@berth/engine/telemetry/Telemetry"
import { importFeed } from "@berth/engine/timetable/FeedImport"
import * as Scheduler from "@berth/scheduler/Scheduler"
import { GrpcListener } from "@berth/server/grpc/GrpcListener"
import * as NodeServer from "@berth/server/NodeServer"
import { isLoopback, serverSettings } from "@berth/server/ServerSettings"
import { Tokens } from "@berth/server/Tokens"
import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import { Config, Console, Context, Effect, FileSystem, Layer, Option, Path, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { SqlClient } from "effect/sql"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const sampleNetwork = fileURLToPath(new URL("packages/engine/data/sample-network", import.meta.url))

/** Who the demo tokens speak for; the user is the one of the sample payload. */
const demoUser = UserId.make("user_789")
const demoAdmin = UserId.make("admin")
const demoTokenLife = "30 days"

/** Where gRPC listens unless `GRPC_PORT` says: a port that is free, so that it never keeps Berth from starting. */
const anyPort = 0

const settings = Config.all({
  dataDir: Config.NonEmptyString("BERTH_DATA_DIR").pipe(Config.withDefault(".berth")),
  redisKind: Config.Literals(["auto", "native", "wasm"], "BERTH_EMBEDDED_REDIS").pipe(Config.withDefault("auto")),
  databaseUrl: Config.option(databaseUrl),
  redisUri: Config.option(redisUri),
  server: serverSettings
})

const external = (address: Redacted.Redacted, name: string) => Effect.succeed({ address, failed: Effect.never, name })

/** Addresses of the stores: the given ones, else those of stores that are started here and end with the scope. */
const startStores = Effect.fnUntraced(function*(given: Config.Success<typeof settings>) {
  const { dataDir, redisKind } = given
  const postgres = Effect.gen(function*() {
    const context = yield* Layer.build(EmbeddedPostgres.layer({ dataDir }))
    const { failed, url } = Context.get(context, EmbeddedPostgres)
    return { address: Redacted.make(url), failed, name: "PostgreSQL 18, embedded" }
  })
  const redis = Effect.gen(function*() {
    const context = yield* Layer.build(EmbeddedRedis.layer({ dataDir, kind: redisKind }))
    const { failed, kind, uri, version } = Context.get(context, EmbeddedRedis)
    return { address: Redacted.make(uri), failed, name: `Redis (${version}, ${kind}), embedded` }
  })
  return yield* Effect.all({
    postgres: Option.match(given.databaseUrl, {
      onNone: () => postgres,
      onSome: (address) => external(address, "PostgreSQL of DATABASE_URL")
    }),
    redis: Option.match(given.redisUri, {
      onNone: () => redis,
      onSome: (address) => external(address, "Redis of REDIS_URI")
    })
  }, { concurrency: "unbounded" })
})

const loadSampleNetwork = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const trains = yield* sql`SELECT FROM train LIMIT 1`
  if (trains.length === 0) {
    const { trains: count } = yield* importFeed({ path: sampleNetwork, source: "Berth sample data" })
    yield* Effect.logInfo(`Loaded the sample network: ${count} trains, sample data`)
  }
})

/** Tokens to try Berth with; made only where nobody else can reach it. */
const demoTokens = Effect.gen(function*() {
  const tokens = yield* Tokens
  return {
    user: Redacted.value(yield* tokens.make({ userId: demoUser, role: "passenger", ttl: demoTokenLife })),
    admin: Redacted.value(yield* tokens.make({ userId: demoAdmin, role: "admin", ttl: demoTokenLife }))
  }
})

/** Tells other commands, and whoever waits for the start, where this instance is. */
const announce = Effect.fnUntraced(function*(dataDir: string, ready: object) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(dataDir, "ready.json")
  const whole = `${file}.${process.pid}`
  yield* fs.makeDirectory(dataDir, { recursive: true })
  yield* fs.writeFileString(whole, `${JSON.stringify(ready, undefined, 2)}\n`, { mode: 0o600 })
  yield* Effect.acquireRelease(fs.rename(whole, file), () => Effect.ignore(fs.remove(file)))
})

const program = Effect.gen(function*() {
  const given = yield* settings
  const { postgres, redis } = yield* startStores(given)
  const connections = yield* Layer.build(connect({ databaseUrl: postgres.address, redisUri: redis.address }))
  yield* Effect.provide(Effect.andThen(migrate, loadSampleNetwork), connections)

  const app = yield* NodeServer.layer({ ...given.server, grpcPort: given.server.grpcPort ?? anyPort }).pipe(
    Layer.provideMerge(Layer.merge(Tokens.layer, Scheduler.layer)),
    Layer.provideMerge(Engine.layer),
    Layer.build,
    Effect.provide(connections)
  )
  const url = HttpServer.formatAddress(Context.get(app, HttpServer.HttpServer).address)
  const { address: grpc } = Context.get(app, GrpcListener)
  const embedded = Option.isNone(given.databaseUrl) && Option.isNone(given.redisUri)
  const tokens = embedded && isLoopback(given.server.host) ? yield* Effect.provide(demoTokens, app) : undefined
  yield* announce(given.dataDir, {
    url,
    grpc,
    databaseUrl: Redacted.value(postgres.address),
    redisUri: Redacted.value(redis.address),
    ...(tokens === undefined ? {} : { tokens })
  })
  yield* Console.log([
    "",
    `Berth is ready at ${url}`,
    `  Try      ${url}/docs`,
    `  gRPC     ${grpc}`,
    `  Stores   ${postgres.name}; ${redis.name}`,
    ...(tokens === undefined
      ? ["  Tokens   npm run token -- --user U --role R"]
      : [`  Tokens   ${demoUser}: ${tokens.user}`, `           ${demoAdmin}: ${tokens.admin}`]),
    "  Stop     Ctrl-C",
    ""
  ].join("\n"))
  return yield* Effect.raceFirst(postgres.failed, redis.failed)
}).pipe(
  Effect.scoped,
  Effect.provide([NodeFileSystem.layer, NodePath.layer, Telemetry.layer("berth"), Logging.layer])
)

if (existsSync(".env")) process.loadEnvFile()
runMain(program)
