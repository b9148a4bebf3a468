import { bookingWindowDays } from "@berth/domain/rules/BookingWindow"
import { Inventory } from "@berth/engine/inventory/Inventory"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import { StoreClock } from "@berth/engine/ledger/StoreClock"
import { RunDirectory } from "@berth/engine/timetable/RunDirectory"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { free, isOpen, layer as scheduler, makeTrain, stateOf, type TestTrain, until } from "./TestScheduler.ts"

const setLowerBerths = Effect.fnUntraced(function*({ trainId }: TestTrain, count: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE train_seat_config SET seat_count = ${count} WHERE train_id = ${trainId}`
})

layer(scheduler, { excludeTestServices: true, timeout: "60 seconds" })("the scheduler", (it) => {
  it.effect("opens every run of a new train in the window, and none beyond it", () =>
    Effect.gen(function*() {
      const train = yield* makeTrain
      for (let day = 0; day <= bookingWindowDays; day++) yield* until(isOpen(train.runId(day)))
      assert.strictEqual((yield* stateOf(train.runId(bookingWindowDays + 1))).state, "none")
      assert.strictEqual(yield* free(train), 3)
    }))

  it.effect("brings an edit made by SQL to what is free", () =>
    Effect.gen(function*() {
      const train = yield* makeTrain
      yield* until(isOpen(train.runId(10)))
      yield* setLowerBerths(train, 5)
      yield* until(Effect.map(free(train), (count) => count === 5))
      yield* setLowerBerths(train, 1)
      yield* until(Effect.map(free(train), (count) => count === 1))
    }))

  it.effect("makes up for what it could not hear, when its listening connections were ended", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const train = yield* makeTrain
      yield* until(isOpen(train.runId(10)))
      yield* sql.withTransaction(Effect.gen(function*() {
        // Announced at the commit, when nobody listens any more.
        yield* setLowerBerths(train, 4)
        const ended = yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND query ILIKE 'LISTEN%'`
        assert.isAbove(ended.length, 0)
      }))
      yield* until(Effect.map(free(train), (count) => count === 4))
    }))

  it.effect("loads every run again by itself when Redis was emptied", () =>
    Effect.gen(function*() {
      const train = yield* makeTrain
      const runId = train.runId(10)
      yield* until(isOpen(runId))
      const { epoch } = yield* stateOf(runId)
      yield* (yield* ManagedRedis).send("FLUSHALL")
      yield* until(Effect.map(stateOf(runId), (now) => now.state === "OPEN" && now.epoch > epoch))
      // As Redis has it; to ask for availability would load the run.
      const snapshot = yield* (yield* Inventory).snapshot(train, ["SL"])
      assert.deepStrictEqual([...snapshot?.classes.get("SL")?.masks.get("GN") ?? []], [9, 1])
    }))

  it.effect("opens the next day's runs after midnight in the train's time zone", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const train = yield* makeTrain
      yield* until(isOpen(train.runId(bookingWindowDays)))
      yield* Effect.addFinalizer(() => Effect.orDie(sql`UPDATE store_clock SET shift = '0'`))
      yield* sql`UPDATE store_clock SET shift = '1 day'`
      yield* (yield* StoreClock).refresh
      // The days are looked at every so often; a new timetable is looked at once.
      yield* sql`SELECT pg_notify('berth_timetable', '')`
      yield* until(isOpen(train.runId(bookingWindowDays + 1)))
      // The train is two nights on its way, and can be boarded further on.
      const directory = yield* RunDirectory
      assert.isTrue((yield* directory.find(train.trainId, train.today)).open)
      yield* sql`UPDATE store_clock SET shift = '4 days'`
      yield* (yield* StoreClock).refresh
      yield* directory.forgetAll
      const gone = yield* Effect.flip(directory.find(train.trainId, train.today))
      assert.strictEqual(gone._tag, "OutsideBookingWindow")
    }))
})
