import { Effect, Layer, Schedule, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "../ledger/LedgerError.ts"
import { histogram, readGauge, timed } from "./Series.ts"

/** How often PostgreSQL is asked what this process's connections do. */
const lookEvery = "10 seconds"

/** Round trips of the clock's measurement, with the wait for a connection of the pool. */
export const postgresProbe = timed(
  histogram("berth_postgres_probe_seconds", "A round trip to PostgreSQL with the wait for a connection, every 10 s")
)

const Connections = Schema.Struct({ open: Schema.Int, busy: Schema.Int })

/** Shows how many connections this process has, and how many of them are at work. */
export const layer: Layer.Layer<never, never, SqlClient.SqlClient> = Layer.effectDiscard(Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const select = SqlSchema.findOne({
    Request: Schema.Void,
    Result: Connections,
    execute: () =>
      // Its own connection is not counted as busy.
      sql`SELECT count(*)::int AS open, count(*) FILTER (WHERE state <> 'idle' AND pid <> pg_backend_pid())::int AS busy
        FROM pg_stat_activity WHERE application_name = current_setting('application_name') AND backend_type = 'client backend'`
  })
  let last: typeof Connections.Type = { open: 0, busy: 0 }
  readGauge("berth_postgres_connections", "Connections that this process has to PostgreSQL, of 16", () => last.open)
  readGauge(
    "berth_postgres_connections_busy",
    "Connections of this process in a statement or transaction",
    () => last.busy
  )
  yield* fromStore(select(undefined)).pipe(
    Effect.map((found) => {
      last = found
    }),
    Effect.catchTags({
      NoSuchElementError: Effect.die,
      // The last figures stand until PostgreSQL answers again, which the probe tells.
      StoreUnavailable: () => Effect.void
    }),
    Effect.repeat(Schedule.spaced(lookEvery)),
    Effect.forkScoped
  )
}))
