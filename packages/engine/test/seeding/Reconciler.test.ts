import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { bitmapKey, metaKey } from "../../src/inventory/RunKeys.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { Reconciler } from "../../src/seeding/Reconciler.ts"
import { book } from "../sale/Sales.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"

/** Looks until every run there is was looked at. */
const once = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { next } = yield* Reconciler
  const [{ looks } = { looks: 0 }] = yield* sql<{ looks: number }>`SELECT count(*)::int / 5 + 2 AS looks FROM run`
  return (yield* Effect.forEach(Array.from({ length: looks }), () => next)).flat()
})

const differences = (run: TestRun) =>
  Effect.map(Effect.flatMap(Audit, ({ auditRuns }) => auditRuns([run.id])), (report) => report.differences)

const soldTrain = Effect.gen(function*() {
  const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 5 }) })
  yield* book(run, { passengers: 2 })
  return run
})

const services = Layer.mergeAll(Audit.layer, Reconciler.layer).pipe(Layer.provideMerge(engine))

layer(services, { excludeTestServices: true, timeout: "60 seconds" })("the reconciler", (it) => {
  it.effect("loads a run again that has a sold berth free in Redis, and leaves the others alone", () =>
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      const drifted = yield* soldTrain
      const sound = yield* soldTrain
      yield* redis.send("SETRANGE", bitmapKey(drifted, "SL"), 0, Buffer.of(0, 0))
      assert.deepStrictEqual(yield* once, [drifted.id])
      assert.deepStrictEqual(yield* differences(drifted), [])
      assert.deepStrictEqual(yield* differences(sound), [])
      yield* book(drifted, { passengers: 2 })
    }))

  it.effect("loads a run again that Redis has lost, and finds nothing to do after it", () =>
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      const lost = yield* soldTrain
      yield* redis.send("DEL", metaKey(lost))
      assert.deepStrictEqual(yield* once, [lost.id])
      assert.deepStrictEqual(yield* once, [])
      assert.deepStrictEqual(yield* differences(lost), [])
    }))

  it.effect("loads a run again that nobody has booked and of which Redis has taken a berth, or sells another", () =>
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      const open = openTrain({ stops: 3, pools: sleepers({ LB: 5 }) })
      const [sound, taken, masked] = [yield* open, yield* open, yield* open]
      yield* redis.send("SETRANGE", bitmapKey(taken, "SL"), 0, Buffer.of(1, 0))
      yield* redis.send("HSET", metaKey(masked), "m:SL:GN", Buffer.of(9, 1))
      assert.deepStrictEqual((yield* once).toSorted(), [taken.id, masked.id].toSorted())
      for (const run of [sound, taken, masked]) assert.deepStrictEqual(yield* differences(run), [])
    }))

  it.effect("comes round to every run, whether many are booked or few", () =>
    Effect.gen(function*() {
      const redis = yield* ManagedRedis
      for (let runs = 0; runs < 8; runs++) yield* soldTrain
      const last = yield* soldTrain
      yield* redis.send("DEL", metaKey(last))
      assert.deepStrictEqual(yield* once, [last.id])
    }))

  it.effect("leaves a contradiction within the record to people", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const run = yield* soldTrain
      yield* sql`DELETE FROM sale WHERE berth >> 16 = ${run.id}::float8::bigint AND passenger = 2`
      const found = yield* differences(run)
      assert.isTrue(found.some(({ within }) => within === "record"))
      // Redis is loaded from the sales that are left, and agrees with them.
      assert.deepStrictEqual(yield* once, [run.id])
      assert.deepStrictEqual([...new Set((yield* differences(run)).map(({ within }) => within))], ["record"])
    }))
})
