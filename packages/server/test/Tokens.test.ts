import { UserId } from "@berth/domain/UserId"
import { Tokens } from "@berth/server/Tokens"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { engine } from "./TestServer.ts"

const userId = UserId.make("somebody")

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("Tokens", (it) => {
  it.effect("says who holds a token, and keeps only its hash", () =>
    Effect.gen(function*() {
      const tokens = yield* Tokens
      const sql = yield* SqlClient.SqlClient
      const token = yield* tokens.make({ userId, role: "clerk", ttl: "1 hour" })
      assert.match(Redacted.value(token), /^berth_[\w-]{43}$/)
      assert.deepEqual(yield* tokens.verify(Redacted.value(token)), { userId, role: "clerk" })
      const rows = yield* sql`SELECT s::text FROM session s`
      assert.notInclude(JSON.stringify(rows), Redacted.value(token))
    }))

  it.effect("refuses what it did not make, and what has run out", () =>
    Effect.gen(function*() {
      const tokens = yield* Tokens
      const sql = yield* SqlClient.SqlClient
      const token = yield* tokens.make({ userId: UserId.make("gone"), role: "passenger", ttl: "1 hour" })
      yield* sql`UPDATE session SET created_at = created_at - interval '2 hours', expires_at = expires_at - interval '2 hours'
        WHERE user_id = 'gone'`
      for (const wrong of [Redacted.value(token), `berth_${"A".repeat(43)}`, ""]) {
        assert.strictEqual((yield* Effect.flip(tokens.verify(wrong)))._tag, "Unauthorized")
      }
    }))

  it.effect("asks the store once for a token that is used again and again", () =>
    Effect.gen(function*() {
      const token = yield* (yield* Tokens).make({ userId, role: "admin", ttl: "1 hour" })
      const sql = yield* SqlClient.SqlClient
      let statements = 0
      const counting = new Proxy(sql, {
        apply: (target, self, args) => {
          statements++
          return Reflect.apply(target, self, args)
        }
      })
      const services = yield* Layer.build(Layer.fresh(Tokens.layer)).pipe(
        Effect.provideService(SqlClient.SqlClient, counting)
      )
      yield* Effect.gen(function*() {
        const tokens = yield* Tokens
        yield* Effect.forEach(Array.from({ length: 50 }), () => tokens.verify(Redacted.value(token)), {
          concurrency: 50
        })
      }).pipe(Effect.provide(services))
      assert.strictEqual(statements, 1)
    }))
})
