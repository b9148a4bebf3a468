import { Pnr } from "@berth/domain/Pnr"
import { UserId } from "@berth/domain/UserId"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { AuditRows } from "../../src/ledger/AuditRows.ts"
import { Bookings } from "../../src/ledger/Bookings.ts"
import { HoldFacts } from "../../src/ledger/HoldFacts.ts"
import { WatchedBookings } from "../../src/ledger/WatchedBookings.ts"
import { areWritten } from "../../src/ledger/WrittenBookings.ts"
import { database } from "../TestEngine.ts"

const bookings = 20_000

/** Bookings of one passenger each, forty a run, of which PostgreSQL has no statistics yet. */
const sell = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO booking SELECT (1000000000 + n)::text, n / 40, 1, 'traveller', 'SL', 'GN', 0, 2, false, 0, 'CONFIRMED',
    berth_now() FROM generate_series(1, ${bookings}) n`
  yield* sql`INSERT INTO passenger SELECT (1000000000 + n)::text, 1, 'Traveller', 30, NULL, NULL, 'CONFIRMED',
    ((n / 40)::bigint << 16) + n % 40 FROM generate_series(1, ${bookings}) n`
  yield* sql`INSERT INTO sale (berth, legs, pnr, passenger)
    SELECT ((n / 40)::bigint << 16) + n % 40, '[0,2)', (1000000000 + n)::text, 1 FROM generate_series(1, ${bookings}) n`
  yield* sql`INSERT INTO idempotency_key SELECT 'key of a booking ' || n, 'traveller', '-', (1000000000 + n)::text,
    berth_now() FROM generate_series(1, ${bookings}) n`
})

/** The tables that some work reads from one end to the other. */
const readWhole = <E, R>(work: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    return yield* sql.withTransaction(Effect.andThen(
      work,
      sql`SELECT relname FROM pg_stat_xact_user_tables
        WHERE seq_scan > 0 AND relname IN ('booking', 'passenger', 'sale', 'idempotency_key')`
    ))
  })

layer(
  Layer.mergeAll(HoldFacts.layer, AuditRows.layer, Bookings.layer, WatchedBookings.layer, Layer.effectDiscard(sell))
    .pipe(Layer.provideMerge(database)),
  { excludeTestServices: true, timeout: "60 seconds" }
)("a few among many bookings", (it) => {
  it.effect("are found by the keys of their holds without reading the tables", () =>
    Effect.gen(function*() {
      const facts = yield* HoldFacts
      assert.lengthOf(yield* facts.find(["key of a booking 1", "key of a booking 2", "no such key"]), 2)
      assert.deepStrictEqual(yield* readWhole(facts.find(["key of a booking 3"])), [])
    }))

  it.effect("are counted by their PNRs without reading the tables", () =>
    Effect.gen(function*() {
      const areAllWritten = areWritten(yield* SqlClient.SqlClient)
      assert.isTrue(yield* areAllWritten([Pnr.make("1000000001"), Pnr.make("1000000002")]))
      assert.isFalse(yield* areAllWritten([Pnr.make("1000000001"), Pnr.make("4000000000")]))
      assert.deepStrictEqual(yield* readWhole(areAllWritten([Pnr.make("1000000001")])), [])
    }))

  it.effect("are looked up by their PNRs, and by whose they are, without reading the tables", () =>
    Effect.gen(function*() {
      const record = yield* Bookings
      const watched = yield* WatchedBookings
      const pnr = Pnr.make("1000000001")
      assert.deepStrictEqual(yield* readWhole(record.find({ pnr, forUser: null })), [])
      assert.deepStrictEqual(yield* readWhole(record.asBooked(pnr)), [])
      assert.deepStrictEqual(yield* readWhole(watched.read([pnr])), [])
      const userId = UserId.make("traveller")
      assert.deepStrictEqual(yield* readWhole(record.page({ userId, cursor: undefined })), [])
    }))

  it.effect("are audited by their run without reading the tables", () =>
    Effect.gen(function*() {
      const rows = yield* AuditRows
      assert.deepStrictEqual(yield* readWhole(rows.contradictions([7, 8])), [])
    }))
})
