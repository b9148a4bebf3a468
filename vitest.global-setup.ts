import { EmbeddedPostgres } from "@berth/embedded/EmbeddedPostgres"
import * as Database from "@berth/engine/ledger/Database"
import { migrate } from "@berth/engine/ledger/Migrations"
import { Config, Effect, ManagedRuntime, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** A PostgreSQL 18 for all test files; each makes a database or a schema of its own. */
    readonly postgresUrl: string
    /** A database of it that is migrated and empty, to be copied by those who need one: migrating takes ten times as long. */
    readonly migratedDatabase: string
  }
}

/**
 * What the server wrote is gone after the tests anyway, so it need not reach the disk before a commit answers. Three files run
 * at once, some of which start servers with a pool each.
 */
const settings = { fsync: "off", max_connections: "200" }

const onDatabase = <A, E>(url: string, use: Effect.Effect<A, E, SqlClient.SqlClient>): Promise<A> =>
  Effect.runPromise(Effect.provide(use, Database.layer({ url: Redacted.make(url), maxConnections: 2 })))

const statement = (text: string) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(text))

/** Provides both, and answers how to remove what was made. */
const provide = async (project: TestProject, postgresUrl: string): Promise<() => Promise<unknown>> => {
  const name = `migrated_${process.pid}`
  const url = new URL(postgresUrl)
  url.pathname = `/${name}`
  await onDatabase(postgresUrl, statement(`CREATE DATABASE ${name}`))
  await onDatabase(url.href, migrate)
  project.provide("postgresUrl", postgresUrl)
  project.provide("migratedDatabase", name)
  return () => onDatabase(postgresUrl, statement(`DROP DATABASE ${name} WITH (FORCE)`))
}

export default async function setup(project: TestProject): Promise<() => Promise<unknown>> {
  const given = await Effect.runPromise(Effect.option(Config.String("TEST_DATABASE_URL")))
  if (Option.isSome(given)) return provide(project, given.value)
  const dataDir = await mkdtemp(join(tmpdir(), "berth-tests-"))
  const runtime = ManagedRuntime.make(EmbeddedPostgres.layer({ dataDir, settings }))
  const stop = async () => {
    await runtime.dispose()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await provide(project, (await runtime.runPromise(EmbeddedPostgres)).url)
  } catch (cause) {
    await stop()
    throw cause
  }
  return stop
}
