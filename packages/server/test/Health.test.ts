import { EmbeddedRedis } from "@berth/embedded/EmbeddedRedis"
import * as Engine from "@berth/engine/Engine"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import * as Database from "@berth/engine/ledger/Database"
import { RunEpochs } from "@berth/engine/ledger/RunEpochs"
import { RunRows } from "@berth/engine/ledger/RunRows"
import * as NodeServer from "@berth/server/NodeServer"
import { Tokens } from "@berth/server/Tokens"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, Schedule, Schema } from "effect"
import * as StoreGate from "./StoreGate.ts"
import * as TestNetwork from "./TestNetwork.ts"
import { call, embeddedRedis, temporaryDatabase } from "./TestServer.ts"

type Gate = Effect.Success<ReturnType<typeof StoreGate.make>>

class Gates extends Context.Service<Gates, { readonly postgres: Gate; readonly redis: Gate }>()("test/Gates") {
  static readonly layer = Layer.effect(
    Gates,
    Effect.gen(function*() {
      const postgres = yield* StoreGate.make(Redacted.value(yield* temporaryDatabase))
      const redis = yield* StoreGate.make((yield* EmbeddedRedis).uri)
      return Gates.of({ postgres, redis })
    })
  ).pipe(Layer.provide(embeddedRedis))
}

const stores = Layer.unwrap(Effect.map(Gates, ({ postgres, redis }) =>
  Layer.merge(
    Database.layer({ url: Redacted.make(postgres.address), maxConnections: 8 }),
    ManagedRedis.layer(Redacted.make(redis.address))
  )))

const server = NodeServer.layer({ host: "127.0.0.1", port: 0 }).pipe(
  Layer.provideMerge(Layer.effectDiscard(TestNetwork.make)),
  Layer.provideMerge(Tokens.layer),
  Layer.provideMerge(Engine.layer),
  Layer.provideMerge(stores),
  Layer.provideMerge(Gates.layer)
)

/** Asks for health until it says so; the test's own timeout ends a wait in vain. */
const healthIs = (status: number) =>
  Effect.repeat(call("/health"), {
    schedule: Schedule.spaced("50 millis"),
    until: (answer) => answer.status === status
  })

const decodeFound = Schema.decodeUnknownEffect(
  Schema.fromJsonString(
    Schema.Struct({ trains: Schema.Array(Schema.Struct({ availability: Schema.Array(Schema.Json) })) })
  )
)

/** What a search says to be free on each train. */
const availabilityOf = Effect.fnUntraced(function*(path: string) {
  const answer = yield* call(path)
  assert.strictEqual(answer.status, 200)
  return (yield* decodeFound(answer.text)).trains.map(({ availability }) => availability)
})

const searchOn = (day: string) => availabilityOf(`/api/trains?from=AAA&to=CCC&date=${day}`)

layer(server, { timeout: "60 seconds", excludeTestServices: true })("health", (it) => {
  it.effect("names the store that has gone silent, while it still is, and the process lives on", () =>
    Effect.gen(function*() {
      const { postgres, redis } = yield* Gates
      assert.strictEqual((yield* call("/health")).status, 200)
      for (const [gate, name] of [[postgres, "PostgreSQL"], [redis, "Redis"]] as const) {
        yield* gate.shut
        const answer = yield* healthIs(503)
        assert.deepEqual(answer.body["reasons"], [`${name} does not answer within 1 second`])
        assert.include(answer.body["detail"], "Nothing can be sold now")
        assert.strictEqual(answer.headers.get("retry-after"), "1")
        assert.strictEqual((yield* call("/health/live")).status, 200)
        yield* gate.open
        yield* healthIs(200)
      }
    }))

  it.effect("answers as soon when many ask a store that is silent", () =>
    Effect.gen(function*() {
      const { postgres, redis } = yield* Gates
      yield* Effect.all([postgres.shut, redis.shut])
      const answers = yield* Effect.all(Array.from({ length: 100 }, () => healthIs(503)), { concurrency: "unbounded" })
      assert.lengthOf(JSON.parse(answers[0]?.text ?? "{}").reasons, 2)
      yield* Effect.all([postgres.open, redis.open])
      yield* healthIs(200)
    }))

  it.effect("leaves the timetable to be read while Redis is silent, and only says nothing of what is free", () =>
    Effect.gen(function*() {
      const { redis } = yield* Gates
      assert.isNotEmpty(yield* searchOn(yield* TestNetwork.dayFromToday(5)))
      // A day that nobody has looked at: what was seen a moment ago is shown for a moment more.
      const date = yield* TestNetwork.dayFromToday(6)
      yield* redis.shut
      assert.deepEqual(yield* searchOn(date), [[], []])
      for (const path of ["/api/stations?query=AAA", "/api/trains/101"]) {
        assert.strictEqual((yield* call(path)).status, 200)
      }
      const free = yield* call(`/api/trains/101/availability?date=${date}`)
      assert.deepEqual([free.status, free.body["_tag"], free.body["store"]], [503, "StoreUnavailable", "redis"])
      assert.strictEqual(free.headers.get("retry-after"), "1")
      yield* redis.open
      yield* healthIs(200)
    }))

  it.effect("has no complaint about a run that is being rebuilt", () =>
    Effect.gen(function*() {
      const runs = yield* (yield* RunRows).onSale
      yield* (yield* RunEpochs).beginRebuild(runs, "all")
      const answer = yield* call("/health")
      assert.deepEqual([answer.status, answer.body], [200, { status: "ok" }])
    }))
})
