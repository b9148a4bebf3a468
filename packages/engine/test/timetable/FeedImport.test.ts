import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { berthsPerCoach } from "@berth/domain/rules/QuotaShares"
import { TravelClass, travelClasses } from "@berth/domain/TravelClass"
import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { fileURLToPath } from "node:url"
import { FeedInvalid } from "../../src/timetable/FeedErrors.ts"
import { importFeed } from "../../src/timetable/FeedImport.ts"
import type { ImportProgress } from "../../src/timetable/ImportProgress.ts"
import { freshDatabase } from "./DatabaseForTests.ts"
import { edited, feedFolder, feedZip, smallFeed } from "./FeedForTests.ts"

const isFeedInvalid = Schema.is(FeedInvalid)
const sampleNetwork = fileURLToPath(new URL("../../data/sample-network", import.meta.url))

/** Every row of the timetable, with the place where PostgreSQL keeps it: a row that is written again moves. */
const everything = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* sql`
    SELECT 'station' AS kind, ctid::text AS at, to_jsonb(x)::text AS row FROM station x
    UNION ALL SELECT 'route', ctid::text, to_jsonb(x)::text FROM route x
    UNION ALL SELECT 'route_stop', ctid::text, to_jsonb(x)::text FROM route_stop x
    UNION ALL SELECT 'train', ctid::text, to_jsonb(x)::text FROM train x
    UNION ALL SELECT 'service', ctid::text, to_jsonb(x)::text FROM train_service x
    UNION ALL SELECT 'exception', ctid::text, to_jsonb(x)::text FROM train_service_exception x
    UNION ALL SELECT 'config', ctid::text, to_jsonb(x)::text FROM train_seat_config x
    UNION ALL SELECT 'berths', '', count(*)::text FROM berth
    ORDER BY 1, 2`
})

const decodePools = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({
  train_id: Schema.String,
  travel_class: TravelClass,
  berth: Schema.String,
  seats: Schema.Int,
  berths: Schema.Int
})))

const pools = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* decodePools(
    yield* sql`
      SELECT c.train_id, c.travel_class, c.berth, sum(c.seat_count)::int AS seats, (
        SELECT count(*)::int FROM berth b JOIN train t ON t.number = b.train_number
        WHERE t.id = c.train_id AND b.active AND b.travel_class = c.travel_class AND b.berth = c.berth
      ) AS berths
      FROM train_seat_config c GROUP BY 1, 2, 3`
  )
})

layer(Layer.fresh(freshDatabase), { timeout: "60 seconds", excludeTestServices: true })("the sample network", (it) => {
  it.effect("is imported whole, and importing it again changes nothing", () =>
    Effect.gen(function*() {
      const events: Array<ImportProgress> = []
      const report = (event: ImportProgress) => Effect.sync(() => void events.push(event))
      const options = { path: sampleNetwork, source: "Berth sample data", report }
      const first = yield* importFeed(options)
      assert.deepStrictEqual(
        { trains: first.trains, services: first.services, stations: first.stations, skipped: first.skipped },
        { trains: 46, services: 48, stations: 207, skipped: {} }
      )
      assert.deepStrictEqual(first.warnings, [])
      assert.isTrue(events.every(({ done, total }) => done <= total))

      const before = yield* everything
      const second = yield* importFeed(options)
      assert.deepStrictEqual(second.changes, {
        stationsChanged: 0,
        routesAdded: 0,
        trainsAdded: 0,
        trainsChanged: 0,
        trainsConfigured: 0,
        trainsRescheduled: []
      })
      assert.deepStrictEqual(yield* everything, before)
    }))

  it.effect("gives each class whole coaches, shared among its quotas to the last berth", () =>
    Effect.gen(function*() {
      yield* importFeed({ path: sampleNetwork, source: "Berth sample data" })
      const rows = yield* pools
      for (const { berth, berths, seats, train_id, travel_class } of rows) {
        assert.strictEqual(berths, seats, `${train_id} ${travel_class} ${berth}`)
      }
      const byClass = Map.groupBy(rows, (row) => `${row.train_id} ${row.travel_class}`)
      for (const [name, types] of byClass) {
        const travelClass = types[0]?.travel_class ?? travelClasses[0]
        const perCoach = berthsPerCoach(coachLayouts[travelClass])
        const coaches = new Set(
          Array.from(perCoach, ([berth, count]) => (types.find((row) => row.berth === berth)?.seats ?? 0) / count)
        )
        assert.strictEqual(coaches.size, 1, name)
        assert.isTrue(Array.from(coaches).every((count) => Number.isInteger(count) && count > 0), name)
      }
    }))

  it.effect("lets 12345 sell many lower berths in the general quota of SL", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* importFeed({ path: sampleNetwork, source: "Berth sample data" })
      const [row] = yield* sql`
        SELECT seat_count FROM train_seat_config
        WHERE train_id = '12345' AND travel_class = 'SL' AND quota = 'GN' AND berth = 'LB'`
      assert.isAbove(Number(row?.["seat_count"]), 40)
    }))
})

/** In nearly the last thing that an import writes. */
const failAtTheEnd = ({ done, phase, total }: ImportProgress) =>
  phase === "Making berths" && done === total ? Effect.die("the power went") : Effect.void

const feedOf = (train: string, firstTime: string) =>
  feedFolder({
    ...smallFeed,
    "trips.txt": smallFeed["trips.txt"].replace(",101", `,${train}`),
    "stop_times.txt": smallFeed["stop_times.txt"].replaceAll("08:00:00", firstTime)
  })

layer(Layer.fresh(freshDatabase), { timeout: "60 seconds", excludeTestServices: true })("an import", (it) => {
  it.effect("from a zip archive brings what the folder brings", () =>
    Effect.gen(function*() {
      yield* importFeed({ path: yield* feedFolder(smallFeed) })
      const before = yield* everything
      const again = yield* importFeed({ path: yield* feedZip(smallFeed) })
      assert.strictEqual(again.source, "Rail", "the agency's name, where no feed_info tells")
      assert.deepStrictEqual(yield* everything, before)
    }))

  it.effect("of a feed whose days are over warns that nothing can be sold", () =>
    Effect.gen(function*() {
      const changes = edited("calendar.txt", "20261201,20261231", "20240101,20240331")
      const { warnings } = yield* importFeed({ path: yield* feedFolder({ ...smallFeed, ...changes }) })
      assert.deepStrictEqual(warnings, ["The last train of this feed runs on 2024-03-31: nothing of it can be sold"])
    }))

  it.effect("of a feed with one mistake in its last row leaves everything as it was", () =>
    Effect.gen(function*() {
      const before = yield* everything
      const path = yield* feedFolder({
        ...smallFeed,
        "trips.txt": smallFeed["trips.txt"].replace(",101", ",909"),
        "stop_times.txt": `${smallFeed["stop_times.txt"]}t,99:99:99,,C,4\n`
      })
      const error = yield* Effect.flip(importFeed({ path }))
      assert.isTrue(isFeedInvalid(error))
      assert.deepStrictEqual(yield* everything, before)
    }))

  it.effect("that fails while writing leaves everything as it was", () =>
    Effect.gen(function*() {
      const before = yield* everything
      const path = yield* feedFolder({ ...smallFeed, "trips.txt": smallFeed["trips.txt"].replace(",101", ",910") })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(importFeed({ path, report: failAtTheEnd }))))
      assert.deepStrictEqual(yield* everything, before)
    }))

  it.effect("never overwrites what an operator set, not even that a train has no seats", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const path = yield* feedFolder({ ...smallFeed, "trips.txt": smallFeed["trips.txt"].replace(",101", ",501") })
      yield* importFeed({ path })
      const config = sql`SELECT * FROM train_seat_config WHERE train_id = '501' ORDER BY travel_class, quota, berth`
      yield* sql`UPDATE train_seat_config SET seat_count = seat_count - 1 WHERE train_id = '501' AND seat_count > 5`
      const chosen = yield* config
      yield* importFeed({ path })
      assert.deepStrictEqual(yield* config, chosen)
      yield* sql`DELETE FROM train_seat_config WHERE train_id = '501'`
      yield* importFeed({ path })
      assert.deepStrictEqual(yield* config, [])
    }))

  it.effect("takes the classes of classes.txt, and derives them by distance where there are none", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const classesOf = Effect.fnUntraced(function*(train: string, files: Readonly<Record<string, string>>) {
        const trips = smallFeed["trips.txt"].replace(",101", `,${train}`)
        const routes = smallFeed["routes.txt"].replace("North Express", "Northern Line")
        yield* importFeed({
          path: yield* feedFolder({ ...smallFeed, "trips.txt": trips, "routes.txt": routes, ...files })
        })
        const rows =
          yield* sql`SELECT DISTINCT travel_class FROM train_seat_config WHERE train_id = ${train} ORDER BY 1`
        return rows.map((row) => row["travel_class"])
      })
      const classes = { "classes.txt": "trip_id,travel_class,derived\nt,EC,0\nt,2S,0\n" }
      assert.deepStrictEqual(yield* classesOf("601", classes), ["2S", "EC"])
      assert.deepStrictEqual(yield* classesOf("602", {}), ["2A", "3A", "SL"])
      const short = { "stop_times.txt": smallFeed["stop_times.txt"].split("\n").slice(0, 3).join("\n") }
      assert.deepStrictEqual(yield* classesOf("603", short), ["2S", "CC"])
    }))

  it.effect("replaces the services of its trains and leaves trains alone that it does not have", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const departures = sql`
        SELECT s.train_id, r.departure_seconds / 60 AS minute FROM train_service s
        JOIN route_stop r ON r.route_id = s.route_id AND r.stop_index = 0
        WHERE s.train_id IN ('701', '702') ORDER BY 1`
      yield* importFeed({ path: yield* feedOf("701", "08:00:00") })
      yield* importFeed({ path: yield* feedOf("702", "08:00:00") })
      const later = yield* importFeed({ path: yield* feedOf("702", "07:30:00") })
      assert.deepStrictEqual(later.changes.trainsRescheduled, ["702"])
      assert.deepStrictEqual(yield* departures, [
        { train_id: "701", minute: 480 },
        { train_id: "702", minute: 450 }
      ])
    }))
})
