import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { setTimeout as pause } from "node:timers/promises"
import { waitUntil } from "../ChildProcess.ts"
import type { Row, RowContext } from "../Row.ts"

/** Longest that an edit may take to reach Redis, ms. */
const caughtUpMillisMax = 15_000

const decodeCount = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ count: Schema.Int })]))

/** Edits the configuration of the row's train, and waits until every run has it. */
const editAndWait = async ({ cluster, network, note }: RowContext, seats: number): Promise<void> => {
  await cluster.query(
    Effect.flatMap(
      SqlClient.SqlClient,
      (sql) =>
        sql`UPDATE train_seat_config SET seat_count = ${seats} WHERE train_id = ${network.manyId} AND berth = 'UB'`
    )
  )
  const editedAt = performance.now()
  const behind = Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.flatMap(
      sql`SELECT count(*)::int AS count FROM run r JOIN train t ON t.id = r.train_id
        WHERE t.id = ${network.manyId} AND (r.applied_version < t.config_version OR r.state <> 'OPEN')`,
      decodeCount
    ))
  await waitUntil(
    "an edit reaches Redis",
    caughtUpMillisMax,
    async () => (await cluster.query(behind))[0].count === 0,
    100
  )
  note(`the edit was in Redis after ${((performance.now() - editedAt) / 1000).toFixed(1)} s`)
}

const countListeners = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.flatMap(
    sql`SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE application_name LIKE 'berth %' AND query ILIKE 'LISTEN%'`,
    decodeCount
  ))

const endListeners = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.flatMap(
    sql`SELECT count(pg_terminate_backend(pid))::int AS count FROM pg_stat_activity
      WHERE application_name LIKE 'berth %' AND query ILIKE 'LISTEN%'`,
    decodeCount
  ))

/** The connection that listens is ended, then left open and deaf; an edit must reach Redis all the same. */
export const listenerLost: Row = {
  name: "listener-lost",
  fault: "the listening connection ended by pg_terminate_backend, or half open (the proxy swallows)",
  brief: true,
  nativeRedis: false,
  run: async (context) => {
    const { brief, cluster, injected } = context
    // After an earlier fault they may not be back yet.
    await waitUntil(
      "the scheduler listens",
      30_000,
      async () => (await cluster.query(countListeners))[0].count > 0,
      100
    )
    const [{ count }] = await cluster.query(endListeners)
    injected(count)
    await editAndWait(context, 398)
    // The pool's other connections go on; the one that listens hears nothing and is not told that it is cut.
    for (const { postgres } of cluster.schedulers) postgres.swallowing = ({ steps }) => steps.has("listen")
    injected()
    await editAndWait(context, 396)
    if (!brief) {
      // Longer than the silence after which a listener is made anew.
      await pause(14_000)
      for (const { postgres } of cluster.schedulers) postgres.swallowing = () => true
      injected()
      await pause(6_000)
      for (const { postgres } of cluster.schedulers) {
        postgres.swallowing = () => false
        postgres.cutAll()
      }
      await editAndWait(context, 400)
    }
    for (const { postgres } of cluster.schedulers) {
      postgres.swallowing = () => false
      postgres.cutAll()
    }
  }
}
