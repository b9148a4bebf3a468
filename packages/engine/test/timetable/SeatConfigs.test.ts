import { UserId } from "@berth/domain/UserId"
import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SeatConfigs } from "../../src/timetable/SeatConfigs.ts"
import { replaceConfig, trailOn } from "../Offices.ts"
import { configure, engine, makeTrain, sleepers } from "../TestEngine.ts"

const sleepersOf = (count: number) => sleepers({ LB: count, UB: count })

const decodeVersion = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ version: Schema.Int })]))

const versionOf = Effect.fnUntraced(function*(trainId: string) {
  const sql = yield* SqlClient.SqlClient
  const [{ version }] = yield* decodeVersion(
    yield* sql`SELECT config_version::int AS version FROM train WHERE id = ${trainId}`
  )
  return version
})

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("seat configurations", (it) => {
  it.effect("an edit that adds, changes and drops pools at once is one version, with before and after in the trail", () =>
    Effect.gen(function*() {
      const before = [
        { travelClass: "SL", quota: "GN", berth: "LB", seatCount: 4 },
        { travelClass: "SL", quota: "GN", berth: "MB", seatCount: 4 },
        { travelClass: "SL", quota: "LD", berth: "UB", seatCount: 6 }
      ] as const
      const run = yield* makeTrain({ stops: 3, pools: before })
      const { version } = yield* (yield* SeatConfigs).read(run.trainId)
      const pools = [
        { travelClass: "SL", quota: "GN", berth: "LB", seatCount: 9 },
        { travelClass: "SL", quota: "GN", berth: "MB", seatCount: 4 },
        { travelClass: "SL", quota: "TQ", berth: "SU", seatCount: 2 }
      ] as const
      const after = yield* replaceConfig(run, pools)
      assert.strictEqual(after.version, version + 1)
      assert.deepEqual(after.pools, pools)
      const [entry, ...others] = yield* trailOn(run.trainId)
      assert.isEmpty(others)
      assert.deepEqual(entry, {
        userId: "operator",
        action: "replace seat configuration",
        details: { version: after.version, before: [...before], after: [...pools] }
      })
    }))

  it.effect("statements of one transaction are one version, and of two are two", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const run = yield* makeTrain({ stops: 3, pools: sleepersOf(4) })
      const version = yield* versionOf(run.trainId)
      yield* sql.withTransaction(Effect.gen(function*() {
        yield* configure(run.trainId, sleepersOf(5))
        yield* configure(run.trainId, sleepersOf(6))
        yield* sql`DELETE FROM train_seat_config WHERE train_id = ${run.trainId} AND berth = 'UB'`
      }))
      assert.strictEqual(yield* versionOf(run.trainId), version + 1)
      yield* configure(run.trainId, sleepersOf(7))
      yield* configure(run.trainId, sleepersOf(8))
      assert.strictEqual(yield* versionOf(run.trainId), version + 3)
    }))

  it.effect("an edit that is refused leaves neither a change nor a trail", () =>
    Effect.gen(function*() {
      const run = yield* makeTrain({ stops: 3, pools: sleepersOf(4) })
      const read = (yield* SeatConfigs).read(run.trainId)
      const before = yield* read
      const impossible = { travelClass: "SL", quota: "GN", berth: "WS", seatCount: 1 } as const
      const refused = yield* Effect.flip(replaceConfig(run, [impossible]))
      assert.strictEqual(refused._tag, "SeatConfigImpossible")
      const stale = yield* Effect.flip(
        (yield* SeatConfigs).replace({
          userId: UserId.make("operator"),
          trainId: run.trainId,
          version: before.version + 1,
          config: { pools: [] }
        })
      )
      assert.strictEqual(stale._tag, "VersionConflict")
      assert.deepEqual(yield* read, before)
      assert.isEmpty(yield* trailOn(run.trainId))
    }))
})
