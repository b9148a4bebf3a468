import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { importFeed } from "../../src/timetable/FeedImport.ts"
import { freshDatabase } from "./DatabaseForTests.ts"
import { feedFolder, smallFeed } from "./FeedForTests.ts"

const later = { "stop_times.txt": smallFeed["stop_times.txt"].replaceAll("08:00:00", "08:10:00") }
const weekendsOnly = { "calendar.txt": smallFeed["calendar.txt"].replace("1,1,1,1,1,1,1", "0,0,0,0,0,1,1") }

const importSmall = Effect.fnUntraced(function*(changes: Readonly<Record<string, string>> = {}) {
  return yield* importFeed({ path: yield* feedFolder({ ...smallFeed, ...changes }) })
})

/** Runs of train 101 on these days of December 2026, and the business day set to 1 December. */
const withRuns = Effect.fnUntraced(function*(days: ReadonlyArray<number>, columns: { epoch: number; state: string }) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`TRUNCATE run, booking CASCADE`
  yield* sql`UPDATE store_clock SET shift = TIMESTAMPTZ '2026-12-01 06:00:00+05:30' - now()`
  yield* importSmall()
  for (const day of days) {
    yield* sql`
      INSERT INTO run (id, train_id, train_number, date, route_id, epoch, state)
      SELECT (d - DATE '2020-01-01')::bigint * 4194304 + t.number, t.id, t.number, d, s.route_id, ${columns.epoch},
        ${columns.state}
      FROM train t JOIN train_service s ON s.train_id = t.id, CAST(${`2026-12-${day}`}::text AS date) AS d
      WHERE t.id = '101'`
  }
})

const bookOn = Effect.fnUntraced(function*(day: number, state: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    INSERT INTO booking (pnr, run_id, epoch, user_id, travel_class, quota, from_stop, to_stop, same_coach, lower_berths_min,
      state, created_at)
    SELECT ${`40000000${day}`}::text, id, 1, 'someone', 'SL', 'GN', 0, 1, false, 0, ${state}, now() FROM run
    WHERE date = ${`2026-12-${day}`}::text::date`
})

const runs = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`
    SELECT extract(day FROM r.date)::int AS day, o.departure_seconds / 60 AS minute, r.epoch::int AS epoch, r.state
    FROM run r JOIN route_stop o ON o.route_id = r.route_id AND o.stop_index = 0 ORDER BY r.date`
  return rows.map((row) => [row["day"], row["minute"], row["epoch"], row["state"]])
})

layer(Layer.fresh(freshDatabase), { timeout: "60 seconds", excludeTestServices: true })("alignRuns", (it) => {
  it.effect("moves coming runs to the new timetable, but none that anybody ever booked", () =>
    Effect.gen(function*() {
      yield* withRuns([10, 11, 12, 13], { epoch: 4, state: "OPEN" })
      yield* bookOn(11, "CONFIRMED")
      yield* bookOn(12, "WAITLISTED")
      yield* bookOn(13, "CANCELLED")
      const summary = yield* importSmall(later)
      assert.deepStrictEqual(summary.runs, { moved: 1, withdrawn: 0 })
      assert.deepStrictEqual(yield* runs, [
        [10, 490, 5, "NEW"],
        [11, 480, 4, "OPEN"],
        [12, 480, 4, "OPEN"],
        [13, 480, 4, "OPEN"]
      ])
      const again = yield* importSmall(later)
      assert.deepStrictEqual(again.runs, { moved: 0, withdrawn: 0 })
    }))

  it.effect("leaves runs alone that have left their origin", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* withRuns([10, 11], { epoch: 1, state: "OPEN" })
      yield* sql`UPDATE store_clock SET shift = TIMESTAMPTZ '2026-12-10 08:05:00+05:30' - now()`
      yield* importSmall(later)
      assert.deepStrictEqual(yield* runs, [[10, 480, 1, "OPEN"], [11, 490, 2, "NEW"]])
    }))

  it.effect("removes runs of days that are no longer served if nothing knows them, and closes the others", () =>
    Effect.gen(function*() {
      // The 7th to the 11th are a Monday to a Friday.
      yield* withRuns([10, 12], { epoch: 0, state: "NEW" })
      yield* importSmall(weekendsOnly)
      assert.deepStrictEqual(yield* runs, [[12, 480, 0, "NEW"]])

      yield* withRuns([10, 11, 12], { epoch: 2, state: "OPEN" })
      yield* bookOn(11, "CONFIRMED")
      const summary = yield* importSmall(weekendsOnly)
      assert.deepStrictEqual(summary.runs, { moved: 0, withdrawn: 1 })
      assert.deepStrictEqual(yield* runs, [[10, 480, 3, "CLOSED"], [11, 480, 2, "OPEN"], [12, 480, 2, "OPEN"]])

      yield* importSmall()
      assert.deepStrictEqual(yield* runs, [[10, 480, 4, "NEW"], [11, 480, 2, "OPEN"], [12, 480, 2, "OPEN"]])
    }))

  it.effect("leaves a closed run closed where its train runs as before", () =>
    Effect.gen(function*() {
      yield* withRuns([10], { epoch: 2, state: "CLOSED" })
      yield* importSmall()
      assert.deepStrictEqual(yield* runs, [[10, 480, 2, "CLOSED"]])
    }))
})
