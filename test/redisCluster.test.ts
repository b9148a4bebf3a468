import * as Engine from "@berth/engine/Engine"
import { keySlot } from "@berth/engine/inventory/KeySlot"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import { metaKey } from "@berth/engine/inventory/RunKeys"
import { Audit } from "@berth/engine/seeding/Audit"
import * as Seeding from "@berth/scheduler/Seeding"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { RedisCluster } from "../faults/RedisCluster.ts"
import { hasNativeRedis } from "../faults/RedisServer.ts"
import { book } from "../packages/engine/test/sale/Sales.ts"
import { database, makeTrain, sleepers, type TestRun } from "../packages/engine/test/TestEngine.ts"

const trains = 12
const bookingsBefore = 60
const bookingsDuring = 60
const callers = 8

/** A call is repeated with its key until it is answered, as a passenger would. */
const untilAnswered = Schedule.max([Schedule.spaced("200 millis"), Schedule.recurs(200)])

class Nodes extends Context.Service<Nodes, RedisCluster>()("test/Nodes") {}

const cluster = Layer.unwrap(Effect.gen(function*() {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "berth-cluster-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const nodes = yield* Effect.acquireRelease(
    Effect.promise(() => RedisCluster.start(folder)),
    (started) => Effect.promise(() => started.stop())
  )
  return Layer.merge(Layer.succeed(Nodes, nodes), ManagedRedis.layer(Redacted.make(nodes.uri)))
}))

const engine = Audit.layer.pipe(
  Layer.provideMerge(Engine.layer),
  Layer.provideMerge(Layer.merge(database, cluster))
)

const Epochs = Schema.Array(Schema.Struct({ id: Schema.Int, epoch: Schema.Int, open: Schema.Boolean }))

const epochsOf = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* Schema.decodeUnknownEffect(Epochs)(
    yield* sql`SELECT id::float8 AS id, epoch::float8 AS epoch, state = 'OPEN' AS open FROM run ORDER BY id`
  )
  return new Map(rows.map((row) => [row.id, row]))
})

const Facts = Schema.Tuple([Schema.Struct({ bookings: Schema.Int, overlaps: Schema.Int })])

const factsOf = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [facts] = yield* Schema.decodeUnknownEffect(Facts)(
    yield* sql`SELECT (SELECT count(*)::int FROM booking) AS bookings, (SELECT count(*)::int FROM sale a JOIN sale b
      ON a.id < b.id AND a.active AND b.active AND a.berth = b.berth AND a.legs && b.legs) AS overlaps`
  )
  return facts
})

const bookOne = (runs: ReadonlyArray<TestRun>, n: number) => {
  const run = runs[n % runs.length]
  return run === undefined
    ? Effect.die(new Error("no train"))
    : book(run, { key: `booking-${n}`, passengers: 1 + n % 2 })
}

const sell = (runs: ReadonlyArray<TestRun>, from: number, count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, n) => from + n),
    (n) => Effect.retry(bookOne(runs, n), untilAnswered),
    { concurrency: callers }
  )

const untilOpen = Effect.repeat(epochsOf, {
  schedule: untilAnswered,
  until: (epochs) => [...epochs.values()].every(({ open }) => open)
})

const onCluster = () =>
  layer(engine, { excludeTestServices: true, timeout: "120 seconds" })("a Redis Cluster of three nodes", (it) => {
    it.effect(
      "is sold across, and loads the runs of a node that died and was replaced, and no others",
      () =>
        Effect.gen(function*() {
          const nodes = yield* Nodes
          const runs = yield* Effect.forEach(
            Array.from({ length: trains }),
            () => makeTrain({ stops: 4, pools: sleepers({ LB: 20, UB: 20 }) })
          )
          yield* Effect.gen(function*() {
            const others = runs.filter((run) => !nodes.isOfFirst(keySlot(metaKey(run))))
            assert.isAbove(others.length, 0)
            assert.isBelow(others.length, trains)
            const before = yield* untilOpen
            yield* sell(runs, 0, bookingsBefore)

            yield* Effect.promise(() => nodes.killFirst())
            // The other nodes sell on: no call to them fails.
            yield* Effect.forEach(others, (_, n) => bookOne(others, bookingsBefore + n))
            yield* sell(runs, bookingsBefore + others.length, bookingsDuring)
            // Calls of before whose answers may have been lost.
            const again = yield* sell(runs, 0, bookingsBefore)
            assert.isTrue(again.every(({ replayed }) => replayed))

            const ofFirst = runs.filter((run) => !others.includes(run))
            const isRaised = (epochs: typeof before, { id }: TestRun) =>
              (epochs.get(id)?.epoch ?? 0) > (before.get(id)?.epoch ?? 0)
            // What was promoted has the runs still, and sells from them until it is noticed that it is another.
            const after = yield* Effect.repeat(untilOpen, {
              schedule: untilAnswered,
              until: (epochs) => ofFirst.every((run) => isRaised(epochs, run))
            })
            assert.deepStrictEqual(others.filter((run) => isRaised(after, run)), [])
            assert.deepStrictEqual(yield* factsOf, {
              bookings: bookingsBefore + others.length + bookingsDuring,
              overlaps: 0
            })
            const { differences } = yield* (yield* Audit).auditRuns(runs.map(({ id }) => id))
            assert.deepStrictEqual(differences, [])
          }).pipe(Effect.provide(Seeding.layer))
        }),
      120_000
    )
  })

if (hasNativeRedis()) onCluster()
else {layer(Layer.empty)("without a Redis on the PATH", (it) => {
    it.effect("no Redis Cluster can be started here", () => Effect.sync(() => assert.isFalse(hasNativeRedis())))
  })}
