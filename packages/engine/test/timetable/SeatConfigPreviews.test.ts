import { BerthType } from "@berth/domain/BerthType"
import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SeatConfigPreviews } from "../../src/timetable/SeatConfigPreviews.ts"
import { SeatConfigs } from "../../src/timetable/SeatConfigs.ts"
import { replaceConfig, trailOn } from "../Offices.ts"
import { book, cancel } from "../sale/Sales.ts"
import { engine, makeTrain, openTrain, type Pool, sleepers, type TestRun } from "../TestEngine.ts"

const preview = Effect.fnUntraced(function*(run: TestRun, pools: ReadonlyArray<Pool>, version?: number) {
  return yield* (yield* SeatConfigPreviews).preview({ trainId: run.trainId, version, config: { pools } })
})

const decodeBerths = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ name: Schema.String, berth: BerthType, quota: Schema.String }))
)

const berthsOf = Effect.fnUntraced(function*(run: TestRun) {
  const sql = yield* SqlClient.SqlClient
  return yield* decodeBerths(
    yield* sql`SELECT name, berth, quota FROM berth WHERE train_number = ${run.trainNumber} AND active ORDER BY number`
  )
})

const Counts = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 }))).check(
  Schema.isMinLength(4),
  Schema.isMaxLength(4)
)

const poolsOf = ([generalLower = 0, generalUpper = 0, ladiesLower = 0, ladiesUpper = 0]: typeof Counts.Type) =>
  [
    { travelClass: "SL", quota: "GN", berth: "LB", seatCount: generalLower },
    { travelClass: "SL", quota: "GN", berth: "UB", seatCount: generalUpper },
    { travelClass: "SL", quota: "LD", berth: "LB", seatCount: ladiesLower },
    { travelClass: "SL", quota: "LD", berth: "UB", seatCount: ladiesUpper }
  ] as const

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("the preview of an edit", (it) => {
  it.effect("tells the berths that each pool gets and loses, and the tickets on those that are retired", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 4, pools: sleepers({ LB: 2, UB: 2 }) })
      // Two on one berth, one after the other, and one who has cancelled.
      yield* book(run, { passengers: 4, legs: [0, 2] })
      yield* book(run, { passengers: 1, legs: [2, 3] })
      const gone = yield* book(run, { passengers: 1, legs: [2, 3] })
      yield* cancel(gone.booking.pnr)
      const { version } = yield* (yield* SeatConfigs).read(run.trainId)
      const seen = yield* preview(run, [
        { travelClass: "SL", quota: "GN", berth: "MB", seatCount: 3 },
        { travelClass: "SL", quota: "GN", berth: "UB", seatCount: 1 }
      ])
      assert.deepEqual(
        seen.pools.map(({ added, after, before, berth, retired, taken }) => ({
          berth,
          before,
          after,
          added,
          taken,
          retired
        })),
        [
          { berth: "LB", before: 2, after: 0, added: 0, taken: 2, retired: 2 },
          { berth: "MB", before: 0, after: 3, added: 3, taken: 0, retired: 0 },
          { berth: "UB", before: 2, after: 1, added: 0, taken: 1, retired: 1 }
        ]
      )
      assert.deepInclude(seen, { trainId: run.trainId, version, berthsAdded: 3, berthsRetired: 3 })
      assert.lengthOf(seen.runs, 1)
      const [touched] = seen.runs
      assert.strictEqual(touched?.date, run.date)
      assert.strictEqual(touched?.berths, 3)
      assert.isAtLeast(touched?.tickets ?? 0, 3)
    }))

  it.effect("counts every ticket of a berth that is sold on several legs", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 4, pools: sleepers({ LB: 1 }) })
      for (const leg of [0, 1, 2]) {
        yield* book(run, { legs: [leg, leg + 1] })
      }
      assert.deepEqual((yield* preview(run, [])).runs, [{ date: run.date, tickets: 3, berths: 1 }])
    }))

  it.effect("names a berth that goes to another quota as taken from the one and added to the other", () =>
    Effect.gen(function*() {
      const run = yield* makeTrain({ stops: 3, pools: sleepers({ LB: 4 }) })
      const seen = yield* preview(run, [{ travelClass: "SL", quota: "LD", berth: "LB", seatCount: 4 }])
      assert.deepEqual([seen.berthsAdded, seen.berthsRetired], [0, 0])
      assert.deepEqual(seen.pools.map(({ added, quota, retired, taken }) => ({ quota, added, taken, retired })), [
        { quota: "GN", added: 0, taken: 4, retired: 0 },
        { quota: "LD", added: 4, taken: 0, retired: 0 }
      ])
    }))

  it.effect.prop(
    "is what the edit then does, whatever the edit, and changes nothing itself",
    [Counts, Counts],
    ([from, to]) =>
      Effect.gen(function*() {
        const run = yield* makeTrain({ stops: 3, pools: poolsOf(from) })
        const before = yield* berthsOf(run)
        const config = yield* (yield* SeatConfigs).read(run.trainId)
        const seen = yield* preview(run, poolsOf(to), config.version)
        assert.deepEqual(yield* berthsOf(run), before)
        assert.deepEqual(yield* (yield* SeatConfigs).read(run.trainId), config)
        assert.isEmpty(yield* trailOn(run.trainId))

        yield* replaceConfig(run, poolsOf(to))
        const after = yield* berthsOf(run)
        const names = (berths: typeof after) => new Set(berths.map(({ name }) => name))
        assert.strictEqual(seen.berthsAdded, names(after).difference(names(before)).size)
        assert.strictEqual(seen.berthsRetired, names(before).difference(names(after)).size)
        for (const pool of seen.pools) {
          const count = (berths: typeof after) =>
            berths.filter(({ berth, quota }) => berth === pool.berth && quota === pool.quota).length
          assert.deepEqual([pool.before, pool.after], [count(before), count(after)])
          assert.strictEqual(pool.after - pool.before, pool.added - pool.taken)
        }
      }),
    { arbitrary: { runs: 15 } }
  )

  it.effect("refuses what the edit would refuse", () =>
    Effect.gen(function*() {
      const run = yield* makeTrain({ stops: 3, pools: sleepers({ LB: 4 }) })
      const { version } = yield* (yield* SeatConfigs).read(run.trainId)
      const lower = { travelClass: "SL", quota: "GN", berth: "LB", seatCount: 1 } as const
      for (
        const { pools, tag, at } of [
          { pools: [lower, lower], tag: "SeatConfigImpossible", at: version },
          { pools: [{ ...lower, berth: "AS" as const }], tag: "SeatConfigImpossible", at: version },
          { pools: [{ ...lower, seatCount: 5000 }], tag: "SeatConfigImpossible", at: version },
          { pools: [lower], tag: "VersionConflict", at: version + 1 }
        ]
      ) {
        assert.strictEqual((yield* Effect.flip(preview(run, pools, at)))._tag, tag)
      }
    }))
})
