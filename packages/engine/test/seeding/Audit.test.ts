import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { bitmapKey, holdKey, metaKey } from "../../src/inventory/RunKeys.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { book } from "../sale/Sales.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"

const differencesOf = Effect.fnUntraced(function*(run: TestRun) {
  const { differences } = yield* (yield* Audit).auditRuns([run.id])
  return differences.map(({ one, other, subject }) => ({ subject, one, other }))
})

const subjectsOf = (run: TestRun) =>
  Effect.map(differencesOf(run), (differences) => differences.map(({ subject }) => subject))

/** A train of five lower berths, of which the two of the first bay are sold. */
const busyTrain = Effect.gen(function*() {
  const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 5 }) })
  const { booking } = yield* book(run, { passengers: 2 })
  return { run, booking }
})

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "the audit",
  (it) => {
    it.effect("finds nothing where nothing is wrong, and counts what it has looked at", () =>
      Effect.gen(function*() {
        const { run } = yield* busyTrain
        const report = yield* (yield* Audit).audit
        assert.isAtLeast(report.runs, 1)
        assert.isAtLeast(report.sales, 2)
        assert.deepStrictEqual(report.differences.filter(({ trainId }) => trainId === run.trainId), [])
      }))

    it.effect("shows both sides of a berth that Redis alone has taken, or has free", () =>
      Effect.gen(function*() {
        const { run } = yield* busyTrain
        const redis = yield* ManagedRedis
        // Bay 1 has S1-1 and S1-4, both sold on both legs; S1-9 and S1-12 are of bay 2.
        yield* redis.send("SETRANGE", bitmapKey(run, "SL"), 0, Buffer.of(8, 9, 1))
        assert.deepStrictEqual((yield* differencesOf(run))[0], {
          subject: "SL: berths taken",
          one: "Redis: S1-9 on leg 0",
          other: "record: S1-1 on leg 0"
        })
      }))

    it.effect("tells of counts, masks, gates and holds that are not what the record says", () =>
      Effect.gen(function*() {
        const redis = yield* ManagedRedis
        const { run: counts } = yield* busyTrain
        yield* redis.send("HINCRBY", metaKey(counts), "w:SL:GN", 1)
        assert.deepStrictEqual(yield* differencesOf(counts), [{
          subject: "SL GN: who waits, by Redis's count and its list",
          one: "Redis: 1 parties of 0",
          other: "record: 0 parties of 0"
        }])
        const { run: masks } = yield* busyTrain
        yield* redis.send("HSET", metaKey(masks), "m:SL:GN", Buffer.of(9, 1))
        assert.deepStrictEqual((yield* differencesOf(masks))[0], {
          subject: "SL GN: berths for sale",
          one: "Redis: none",
          other: "record: S1-12, S1-17"
        })
        const { run: gate } = yield* busyTrain
        yield* redis.send("HSET", metaKey(gate), "gate", "7:1")
        assert.include(yield* subjectsOf(gate), "epoch")
        const { run: gone } = yield* busyTrain
        yield* redis.send("DEL", metaKey(gone))
        assert.deepStrictEqual(yield* subjectsOf(gone), ["the run"])
        const { run: held } = yield* busyTrain
        yield* redis.send("HSET", holdKey(held), "nobody-0", "held|1|SL:GN|0|2|1|print|11")
        assert.deepStrictEqual((yield* differencesOf(held))[0], {
          subject: "SL: berths taken",
          one: "Redis: none",
          other: "record: S1-12 on leg 0, S1-12 on leg 1"
        })
      }))

    it.effect("tells where the record contradicts itself", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { booking, run } = yield* busyTrain
        yield* sql`UPDATE passenger SET state = 'CANCELLED' WHERE pnr = ${booking.pnr} AND number = 1`
        assert.deepStrictEqual(yield* subjectsOf(run), ["a sale has no confirmed passenger"])
        const { booking: other, run: otherRun } = yield* busyTrain
        yield* sql`UPDATE sale SET active = false WHERE pnr = ${other.pnr}`
        assert.deepStrictEqual((yield* subjectsOf(otherRun)).slice(0, 2), [
          "a confirmed passenger has not one sale",
          "a confirmed passenger has not one sale"
        ])
        const { booking: third, run: thirdRun } = yield* busyTrain
        yield* sql`UPDATE booking SET state = 'WAITLISTED' WHERE pnr = ${third.pnr}`
        assert.deepStrictEqual(yield* subjectsOf(thirdRun), ["a booking has not the state of its passengers"])
        const { booking: gone, run: goneRun } = yield* busyTrain
        yield* sql`DELETE FROM booking WHERE pnr = ${gone.pnr}`
        assert.deepStrictEqual((yield* subjectsOf(goneRun)).slice(0, 2), [
          "a sale has no confirmed passenger",
          "a sale has no confirmed passenger"
        ])
      }))
  }
)
