import { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../../src/ledger/Database.ts"
import { fromStore } from "../../src/ledger/LedgerError.ts"
import { decided, decidedByRecord } from "../../src/ledger/UnknownOutcome.ts"
import { migratedDatabase } from "../TestEngine.ts"

/** A second client, for what happens to the connections of the first. */
class Other extends Context.Service<Other, SqlClient.SqlClient>()("@berth/engine/test/ledger/Other") {}

const databases = Layer.unwrap(Effect.map(migratedDatabase, (url) =>
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

/** A statement whose connection is gone before its answer is there. */
const lostAnswer = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`SELECT pg_terminate_backend(pg_backend_pid())`
  return Option.none<string>()
})

const readsBack = Effect.fnUntraced(function*(found: Option.Option<string>, deadlineMillis: number) {
  const sql = yield* SqlClient.SqlClient
  const services = yield* Effect.context<SqlClient.SqlClient>()
  const work = Effect.provide(lostAnswer, services)
  return yield* Effect.result(
    fromStore(decidedByRecord(sql, work, { readBack: Effect.succeed(found), deadlineMillis }))
  )
})

const farAway = Date.UTC(2999, 0, 1)

layer(databases, { excludeTestServices: true, timeout: "60 seconds" })(
  "a statement that commits by itself and was not answered",
  (it) => {
    it.effect("is acknowledged where the record has what it writes", () =>
      Effect.gen(function*() {
        const result = yield* readsBack(Option.some("written"), farAway)
        assert.deepStrictEqual(result._tag === "Success" ? result.success : result.failure, Option.some("written"))
      }))

    it.effect("is not acknowledged once no session is left that could carry it out", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql`SELECT pg_terminate_backend(a.pid, 5000) FROM pg_stat_activity a
          WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()`
        const result = yield* readsBack(Option.none(), farAway)
        assert.isTrue(result._tag === "Failure" && isAway(result.failure))
      }))

    it.effect("is not acknowledged once the moment has passed up to which it takes effect", () =>
      Effect.gen(function*() {
        const result = yield* readsBack(Option.none(), Date.UTC(2000, 0, 1))
        assert.isTrue(result._tag === "Failure" && isAway(result.failure))
      }))
  }
)
