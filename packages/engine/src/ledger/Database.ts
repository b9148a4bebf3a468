import { PgClient } from "@effect/sql-pg"
import type { Redacted } from "effect"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { hostname } from "node:os"
import * as GuardedPostgres from "./GuardedPostgres.ts"

/** Longest that a statement may take, ms; a booking's answer is given up long before. */
const statementMillisMax = 10_000

/** Longest that a transaction may take, ms. The sweep of holds relies on it: after it, no commit is under way. */
export const transactionMillisMax = 10_000

/** Tells the connections of processes apart in `pg_stat_activity`; PostgreSQL keeps 63 bytes of it. */
const applicationName = `berth ${process.pid}@${hostname()}`.slice(0, 63)

/**
 * PostgreSQL as a managed resource: a pool of connections with limits on every statement. A maintenance task that may
 * take longer raises the limits for its own transaction.
 */
export const layer = (options: { readonly url: Redacted.Redacted; readonly maxConnections: number }) =>
  PgClient.layerFrom(Effect.flatMap(
    PgClient.make({
      url: options.url,
      maxConnections: options.maxConnections,
      connectTimeout: "5 seconds",
      keepAlive: "10 seconds",
      applicationName,
      startupParameters: {
        statement_timeout: String(statementMillisMax),
        transaction_timeout: String(transactionMillisMax),
        idle_in_transaction_session_timeout: String(transactionMillisMax),
        // One path for every session, whatever a role's defaults are.
        timezone: "UTC"
      }
    }),
    (client) => GuardedPostgres.make(client, options.maxConnections)
  ))

/** Runs a long piece of maintenance in a transaction of its own, without the limits of a booking. */
export const maintenance = <A, E, R>(sql: SqlClient.SqlClient, self: Effect.Effect<A, E, R>) =>
  sql.withTransaction(Effect.gen(function*() {
    yield* sql`SET LOCAL statement_timeout = 0`
    yield* sql`SET LOCAL transaction_timeout = 0`
    return yield* self
  })).pipe(Effect.provideService(GuardedPostgres.Maintenance, true))

/** The versions of PostgreSQL that Berth runs on: exclusion constraints on partitioned tables came with 17. */
const serverVersionMin = 170_000

/** Fails to start on a PostgreSQL that is too old. */
export const checkVersion = Layer.effectDiscard(Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT current_setting('server_version_num')::int >= ${serverVersionMin} AS recent,
    current_setting('server_version') AS version`
  const row = rows[0]
  if (row?.["recent"] !== true) {
    return yield* Effect.die(
      new Error(
        `PostgreSQL 17 or newer is needed, this one is ${String(row?.["version"])}. Upgrade it, or unset DATABASE_URL.`
      )
    )
  }
}))
