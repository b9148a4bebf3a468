import { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../src/ledger/Database.ts"
import { fromStore } from "../../src/ledger/LedgerError.ts"
import { decided } from "../../src/ledger/UnknownOutcome.ts"
import { emptyDatabase } from "../TestEngine.ts"

/** A second client, for what happens to the connections of the first. */
class Other extends Context.Service<Other, SqlClient.SqlClient>()("@berth/engine/test/ledger/Other") {}

const databases = Layer.unwrap(Effect.map(emptyDatabase, (url) =>
  Layer.merge(
    Database.layer({ url, maxConnections: 2 }),
    Layer.effect(Other, SqlClient.SqlClient).pipe(
      Layer.provide(Layer.fresh(Database.layer({ url, maxConnections: 1 })))
    )
  )))

const decodePid = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ pid: Schema.Int })]))
const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ transactionId: Schema.String })))

/** Work after which COMMIT finds no connection, and that says it was done in the transaction given. */
const lostAtCommit = Effect.fnUntraced(function*(transactionId: string) {
  const sql = yield* SqlClient.SqlClient
  const other = yield* Other
  const [{ pid }] = yield* decodePid(yield* sql`SELECT pg_backend_pid() AS pid`)
  yield* other`SELECT pg_terminate_backend(${pid}::int, 5000)`
  return yield* decodeRows([{ transactionId }])
})

/** The id of a transaction that was committed. */
const committedId = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* decodeRows(yield* sql`SELECT pg_current_xact_id()::text AS "transactionId"`)
  return row?.transactionId ?? ""
})

const decide = Effect.fnUntraced(function*(transactionId: string, written: boolean) {
  const sql = yield* SqlClient.SqlClient
  const services = yield* Effect.context<SqlClient.SqlClient | Other>()
  const work = Effect.provide(lostAtCommit(transactionId), services)
  return yield* Effect.result(fromStore(decided(sql, work, () => Effect.succeed(written))))
})

const isAway = Schema.is(StoreUnavailable)

layer(databases, { excludeTestServices: true, timeout: "60 seconds" })(
  "a transaction whose COMMIT was not answered",
  (it) => {
    it.effect("is acknowledged where it was committed and the record has its rows", () =>
      Effect.gen(function*() {
        const result = yield* decide(yield* committedId, true)
        assert.strictEqual(result._tag, "Success")
      }))

    it.effect("is not acknowledged where a crash gave its id to another transaction", () =>
      Effect.gen(function*() {
        const result = yield* decide(yield* committedId, false)
        assert.isTrue(result._tag === "Failure" && isAway(result.failure))
      }))

    it.effect("is not acknowledged where PostgreSQL knows of no such transaction yet", () =>
      Effect.gen(function*() {
        const result = yield* decide("4000000000", true)
        assert.isTrue(result._tag === "Failure" && isAway(result.failure))
      }))

    it.effect("fails as a store that is away where the connection ends within it", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const services = yield* Effect.context<SqlClient.SqlClient | Other>()
        const work = Effect.andThen(
          Effect.provide(lostAtCommit("1"), services),
          sql`SELECT 1`
        )
        const result = yield* Effect.result(fromStore(sql.withTransaction(work)))
        assert.isTrue(result._tag === "Failure" && isAway(result.failure))
      }))
  }
)
