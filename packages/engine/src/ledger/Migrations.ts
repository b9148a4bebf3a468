import * as NodeFileSystem from "@effect/platform-node-shared/NodeFileSystem"
import * as NodePath from "@effect/platform-node-shared/NodePath"
import { Effect, Layer, Schedule, Schema } from "effect"
import { Migrator, SqlClient, SqlError } from "effect/sql"
import { fromFileSystem } from "effect/sql/MigratorFileSystem"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { maintenance } from "./Database.ts"

const folder = fileURLToPath(new URL("./migrations", import.meta.url))

/** Runs have the locks from 0 up. */
const migratorsLock = -1

/** How long a migration waits for a table: whoever sells waits behind it. */
const lockWaitMillisMax = 2_000

/** How often a table that others hold on to is tried for. */
const lockTries = Schedule.max([Schedule.jittered(Schedule.spaced("3 seconds")), Schedule.recurs(20)])

const isSqlError = Schema.is(SqlError.SqlError)

const isLockTimeout = (error: unknown): boolean =>
  isSqlError(error)
    ? error.reason._tag === "LockTimeoutError"
    : error instanceof Error && error.cause !== undefined && isLockTimeout(error.cause)

const grants = readFileSync(new URL("./grants.sql", import.meta.url), "utf8")

/**
 * Runs what a loader brings, forward only and whole or not at all, says what each role may do, and answers the
 * migrations that it ran. A second process that starts at the same time waits for the first and then finds nothing to do.
 * A table that is in use is waited for so briefly that the sale goes on, and tried again.
 */
export const migrateFrom = <R>(loader: Migrator.Loader<R>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    return yield* maintenance(
      sql,
      Effect.gen(function*() {
        yield* sql`SELECT pg_advisory_xact_lock(${migratorsLock}::bigint)`
        yield* sql`SELECT set_config('lock_timeout', ${`${lockWaitMillisMax}ms`}, true)`
        const done = yield* Migrator.make({})({ loader, table: "migration" })
        yield* sql.unsafe(grants)
        return done
      })
    )
  }).pipe(
    Effect.tapError((error) =>
      isLockTimeout(error)
        ? Effect.logWarning("A table that a migration changes is in use; trying again")
        : Effect.void
    ),
    Effect.retry({ schedule: lockTries, while: isLockTimeout }),
    Effect.withSpan("Migrations.migrate")
  )

/** Brings the database up to date. */
export const migrate = Effect.suspend(() => migrateFrom(fromFileSystem(folder))).pipe(
  Effect.provide([NodeFileSystem.layer, NodePath.layer])
)

export const layer = Layer.effectDiscard(migrate)
