import { layer as databaseLayer } from "@berth/engine/ledger/Database"
import { migrate } from "@berth/engine/ledger/Migrations"
import { Effect, Logger, Redacted, Schema } from "effect"
import { spawnSync } from "node:child_process"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { type Database, openDatabase } from "./Database.ts"
import { addNetwork } from "./Network.ts"
import { startProgram } from "./Program.ts"
import type { PostgresStore, RedisStore } from "./Stores.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const openMillisMax = 300_000

/** A look reads every run: more often, and the looking would take the processor from what it waits for. */
const lookEveryMillis = 100

/** A Berth in a process of its own, server and scheduler, over stores that the bench started. */
export interface Berth {
  readonly url: string
  /** Of an admin, whom no limit of calls holds up. */
  readonly token: string
  readonly processId: number
  readonly database: Database
  stop(): Promise<void>
}

const RunCounts = Schema.Struct({ runs: Schema.Int, unopened: Schema.Int, loadings: Schema.Finite })

/** Every run that was not taken off sale, and how often they were loaded in all. */
export const runCounts = async (database: Database) => {
  const [row] = await database.rows(
    RunCounts,
    `SELECT count(*)::int AS runs, count(*) FILTER (WHERE state <> 'OPEN')::int AS unopened,
      coalesce(sum(epoch), 0)::float8 AS loadings FROM run WHERE state <> 'CLOSED'`
  )
  return row ?? { runs: 0, unopened: 0, loadings: 0 }
}

/** Looks until something is found. */
const untilFound = async <A>(look: () => Promise<A | undefined>, late: () => string): Promise<A> => {
  const until = performance.now() + openMillisMax
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > until) throw new Error(late())
    await setTimeout(lookEveryMillis)
  }
}

/** Waits until so many runs are there and every one is on sale, and answers how many they are. */
export const untilOpen = (database: Database, runsMin: number, loadingsMin = 0): Promise<number> => {
  let seen = { loadings: 0, runs: 0, unopened: 0 }
  return untilFound(async () => {
    seen = await runCounts(database)
    const { loadings, runs, unopened } = seen
    return runs >= runsMin && unopened === 0 && loadings >= loadingsMin ? runs : undefined
  }, () => `of ${seen.runs} runs ${seen.unopened} were not opened in time`)
}

const Told = Schema.Struct({ told: Schema.Literal(true) })

/** Waits until Redis has been told of everything that happened to bookings: until then Berth is still at work. */
export const untilTold = async (database: Database): Promise<void> => {
  const told = `SELECT true AS told FROM event_log
    WHERE last_id = published_id AND NOT EXISTS (SELECT FROM event_outbox)`
  await untilFound(
    async () => (await database.rows(Told, told))[0],
    () => "not everything that happened was told in time"
  )
}

const tokenFor = (user: string, databaseUrl: string): string => {
  const { status, stdout } = spawnSync(
    process.execPath,
    ["scripts/token.ts", "--user", user, "--role", "admin"],
    { cwd: root, env: { ...process.env, DATABASE_URL: databaseUrl }, encoding: "utf8" }
  )
  if (status !== 0) throw new Error("no token was made")
  return stdout.trim()
}

/** Brings the database up to date and adds the bench's trains before anything is served. */
const prepare = async (databaseUrl: string): Promise<Database> => {
  const layer = databaseLayer({ url: Redacted.make(databaseUrl), maxConnections: 1 })
  await Effect.runPromise(Effect.provide(migrate, [layer, Logger.layer([])]))
  const database = openDatabase(databaseUrl)
  await addNetwork(database)
  return database
}

export const startBerth = async (options: {
  readonly folder: string
  readonly postgres: PostgresStore
  readonly redis: RedisStore
  readonly profiles: string | undefined
}): Promise<Berth> => {
  const database = await prepare(options.postgres.url)
  const program = await startProgram({
    file: "main.ts",
    env: {
      DATABASE_URL: options.postgres.url,
      REDIS_URI: options.redis.uri,
      BERTH_DATA_DIR: options.folder,
      PORT: "0",
      HOST: "127.0.0.1"
    },
    ready: /Stop /,
    profiles: options.profiles
  })
  await untilOpen(database, 1)
  return {
    url: /ready at (\S+)/.exec(program.output)?.[1] ?? "",
    token: tokenFor("bench", options.postgres.url),
    processId: program.processId,
    database,
    stop: async () => {
      await database.close()
      await program.stop()
    }
  }
}
