import { addDays } from "@berth/domain/JourneyDate"
import { TrainId } from "@berth/domain/TrainId"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { metaKey } from "../../src/inventory/RunKeys.ts"
import { RunRows } from "../../src/ledger/RunRows.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import { RunSwitch } from "../../src/seeding/RunSwitch.ts"
import { TrainPages } from "../../src/timetable/TrainPages.ts"
import { somebody, trailOn } from "../Offices.ts"
import { book, cancel, free } from "../sale/Sales.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"

const caller = somebody("operator")

const close = (run: TestRun) => Effect.flatMap(RunSwitch, (runs) => runs.close({ caller, ...run }))
const open = (run: TestRun) => Effect.flatMap(RunSwitch, (runs) => runs.open({ caller, ...run }))

const audited = Audit.layer.pipe(Layer.provideMerge(engine))

layer(audited, { excludeTestServices: true, timeout: "60 seconds" })("closing a run for sale", (it) => {
  it.effect("ends its sale, keeps its tickets, lets them be cancelled, and is undone by opening it", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 8 }) })
      const { booking } = yield* book(run, { passengers: 3 })
      const other = yield* book(run)
      assert.deepInclude(yield* close(run), { sale: "closed", bookings: 2, confirmed: 4, waitlisted: 0 })
      const refused = yield* Effect.flip(book(run))
      assert.strictEqual(refused._tag, "NotARunningDay")
      assert.include(refused.message, "closed for sale")
      assert.strictEqual(yield* (yield* ManagedRedis).send("EXISTS", metaKey(run)), 0)

      yield* cancel(booking.pnr, [1, 2])
      yield* (yield* Sweeper).repeatReleases
      // What keeps time leaves a closed run alone.
      yield* (yield* RunRows).makeWindow
      yield* (yield* RunLoader).load(yield* (yield* RunRows).unloaded(100), "unloaded")
      assert.strictEqual((yield* Effect.flip(book(run)))._tag, "NotARunningDay")

      assert.deepInclude(yield* open(run), { sale: "open", bookings: 2, confirmed: 2 })
      assert.strictEqual(yield* free(run), 6)
      assert.strictEqual((yield* book(run, { passengers: 6 })).booking.status, "CONFIRMED")
      assert.strictEqual(other.booking.status, "CONFIRMED")
      assert.deepEqual((yield* trailOn(`${run.trainId} ${run.date}`)).map(({ action, userId }) => [action, userId]), [
        ["close run", caller.userId],
        ["open run", caller.userId]
      ])
    }))

  it.effect("lets no booking through that began before, and loses none that was answered", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 60, UB: 60 }) })
      const [answers, closed] = yield* Effect.all([
        Effect.forEach(Array.from({ length: 100 }), () => Effect.result(book(run)), { concurrency: 20 }),
        close(run)
      ], { concurrency: 2 })
      const made = answers.filter(({ _tag }) => _tag === "Success").length
      const { runs: [after] } = yield* (yield* TrainPages).runs({ trainId: run.trainId })
      assert.strictEqual(after?.bookings, made)
      assert.strictEqual(closed.bookings, made)
      yield* open(run)
      assert.strictEqual(yield* free(run), 120 - made)
      assert.isEmpty((yield* (yield* Audit).auditRuns([run.id])).differences)
    }))

  it.effect("is refused for a run that is closed already, has arrived, or is not there", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 8 }) })
      assert.strictEqual((yield* Effect.flip(open(run)))._tag, "RunStateConflict")
      yield* close(run)
      assert.strictEqual((yield* Effect.flip(close(run)))._tag, "RunStateConflict")
      const nowhere = { ...run, date: addDays(run.date, 1) }
      assert.strictEqual((yield* Effect.flip(close(nowhere)))._tag, "RunNotFound")
      yield* sql`
        INSERT INTO run (id, train_id, train_number, date, route_id, state)
        SELECT id - 30 * 4194304, train_id, train_number, date - 30, route_id, 'CLOSED' FROM run
        WHERE train_id = ${run.trainId}`
      const past = yield* Effect.flip(open({ ...run, date: addDays(run.date, -30) }))
      assert.deepEqual([past._tag, past.message.includes("has arrived")], ["RunStateConflict", true])
    }))
})

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("the pages of trains and runs", (it) => {
  it.effect("show trains by the beginning of the id or a part of the name, and a train's runs with what was sold", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const pages = yield* TrainPages
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 20 }) })
      yield* sql`
        INSERT INTO train (id, name, train_type, time_zone, source, composition_derived)
        SELECT 'N' || lpad(n::text, 3, '0'), 'Night train ' || n, 'Express', 'Asia/Kolkata', 'made by a test', false
        FROM generate_series(1, 120) n`
      for (const passengers of [6, 6, 6, 2, 1]) yield* book(run, { passengers })
      const first = yield* pages.trains({ query: "night TRAIN" })
      assert.lengthOf(first.trains, 50)
      const second = yield* pages.trains({ query: "night TRAIN", ...(first.nextAfter && { after: first.nextAfter }) })
      assert.strictEqual(second.trains[0]?.trainId, "N051")
      assert.deepEqual((yield* pages.trains({ query: "n007" })).trains.map(({ trainId }) => trainId), ["N007"])
      assert.isEmpty((yield* pages.trains({ query: "%" })).trains)

      const { runs } = yield* pages.runs({ trainId: run.trainId })
      assert.deepEqual(runs, [{
        trainId: run.trainId,
        date: run.date,
        sale: "open",
        bookings: 5,
        confirmed: 20,
        waitlisted: 1,
        configVersion: 1,
        trainConfigVersion: 1
      }])
      assert.isEmpty((yield* pages.runs({ trainId: run.trainId, from: addDays(run.date, 1) })).runs)
      assert.strictEqual((yield* Effect.flip(pages.runs({ trainId: TrainId.make("NOWHERE") })))._tag, "TrainNotFound")
    }))
})
