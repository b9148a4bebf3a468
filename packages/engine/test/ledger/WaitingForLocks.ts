import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"

const decodeCount = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ count: Schema.Int })]))

/** Done when so many wait for an advisory lock of this database. */
export const waitingForLocks = Effect.fnUntraced(function*(waiting: number) {
  const sql = yield* SqlClient.SqlClient
  const count = sql`SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  yield* Effect.repeat(Effect.flatMap(count, decodeCount), { until: ([found]) => found.count >= waiting })
})
