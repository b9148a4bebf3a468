import type { BookingQuestion } from "@berth/domain/BookingSearch"
import { PersonName } from "@berth/domain/PersonName"
import { Pnr } from "@berth/domain/Pnr"
import { UserId } from "@berth/domain/UserId"
import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { BookingSearches, selectKeys } from "../../src/ledger/BookingSearches.ts"
import { somebody, trailOn } from "../Offices.ts"
import { book } from "../sale/Sales.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"

const clerk = somebody("clerk")

const search = Effect.fnUntraced(function*(question: BookingQuestion, cursor?: string) {
  return yield* (yield* BookingSearches).search(clerk.userId, { question, ...(cursor === undefined ? {} : { cursor }) })
})

const passenger = (name: string) => ({ name: PersonName.make(name), age: 30 })

const found = (question: BookingQuestion) =>
  Effect.map(search(question), ({ bookings }) => bookings.map(({ pnr }) => pnr))

const named = (...names: readonly [string, ...ReadonlyArray<string>]) => {
  const [first, ...others] = names
  return [passenger(first), ...others.map(passenger)] as const
}

const ofRun = ({ date, trainId }: TestRun) => ({ trainId, date })

const Plan = Schema.Array(Schema.Struct({ "QUERY PLAN": Schema.String }))

/** Many bookings of other days, runs and people, made by one statement. */
const fillWith = Effect.fnUntraced(function*(run: TestRun, bookings: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    INSERT INTO booking (pnr, run_id, epoch, user_id, travel_class, quota, from_stop, to_stop, same_coach,
      lower_berths_min, state, created_at)
    SELECT (9000000000 + n)::text, ${run.id}::float8::bigint + n / 500 + 1, 1, 'person-' || n / 20, 'SL', 'GN', 0, 1, false, 0,
      'CANCELLED', berth_now() - make_interval(mins => n) FROM generate_series(1, ${bookings}::int) n`
  yield* sql`
    INSERT INTO passenger (pnr, number, name, age, state)
    SELECT (9000000000 + n)::text, 1, 'Passenger ' || n, 30, 'CANCELLED' FROM generate_series(1, ${bookings}::int) n`
  yield* sql`ANALYZE booking, passenger, run`
})

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("the search of bookings", (it) => {
  it.effect("finds by PNR, by person, by run, and by the beginning of a name on a run, whatever its case", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 8, UB: 8 }) })
      const other = yield* openTrain({ stops: 3, pools: sleepers({ LB: 8 }) })
      const [ada, bob] = [somebody(), somebody()]
      const first = yield* book(run, { caller: ada, passengers: named("Ada Lovelace", "Émile") })
      const second = yield* book(run, { caller: bob, passengers: named("Adam", "100% Bob_") })
      const third = yield* book(other, { caller: ada, passengers: named("Ada Lovelace") })
      const [pnr1, pnr2, pnr3] = [first.booking.pnr, second.booking.pnr, third.booking.pnr]
      assert.deepEqual(yield* found({ by: "pnr", pnr: pnr2 }), [pnr2])
      assert.deepEqual(yield* found({ by: "pnr", pnr: Pnr.make("1999999999") }), [])
      assert.deepEqual(yield* found({ by: "person", userId: ada.userId }), [pnr3, pnr1])
      assert.deepEqual(yield* found({ by: "run", ...ofRun(run) }), [pnr2, pnr1])
      for (
        const [prefix, pnrs] of [
          ["ada", [pnr2, pnr1]],
          ["ADAM", [pnr2]],
          ["éM", [pnr1]],
          ["Lovelace", []],
          ["%", []],
          ["100%", [pnr2]],
          ["Ada_", []]
        ] as const
      ) {
        const names = yield* found({ by: "name", ...ofRun(run), namePrefix: PersonName.make(prefix) })
        assert.deepEqual(names, [...pnrs], prefix)
      }
    }))

  it.effect("notes who was shown what before it answers, and keeps no name", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 8 }) })
      const { booking } = yield* book(run, { passengers: named("Marked Person") })
      yield* search({ by: "name", ...ofRun(run), namePrefix: PersonName.make("marked") })
      assert.deepEqual(yield* trailOn(`${run.trainId} ${run.date}`), [{
        userId: clerk.userId,
        action: "search bookings",
        details: { question: { by: "name", ...ofRun(run) }, shown: [booking.pnr] }
      }])
    }))

  it.effect("gives every booking of a run once, over pages, also those of one commit", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 60, UB: 60 }) })
      const made = yield* Effect.forEach(Array.from({ length: 115 }), () => book(run), { concurrency: 40 })
      const seen: Array<string> = []
      let cursor: string | undefined
      let pages = 0
      do {
        const page = yield* search({ by: "run", ...ofRun(run) }, cursor)
        seen.push(...page.bookings.map(({ pnr }) => pnr))
        cursor = page.nextCursor
        pages++
      } while (cursor !== undefined && pages < 10)
      assert.strictEqual(pages, 3)
      assert.deepEqual(seen.toSorted(), made.map(({ booking }) => booking.pnr).toSorted())
    }))

  it.effect("is answered from an index, whatever is asked, among many bookings", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 8 }) })
      yield* fillWith(run, 20_000)
      const questions: ReadonlyArray<BookingQuestion> = [
        { by: "pnr", pnr: Pnr.make("9000000007") },
        { by: "person", userId: UserId.make("person-77") },
        { by: "run", ...ofRun(run) },
        { by: "name", ...ofRun(run), namePrefix: PersonName.make("Pass") }
      ]
      for (const question of questions) {
        const cursor = "1767225600000000~1000000000"
        for (const asked of [{ question }, { question, cursor }]) {
          const rows = yield* Schema.decodeUnknownEffect(Plan)(yield* sql`EXPLAIN ${selectKeys(sql, asked)}`)
          const plan = rows.map((row) => row["QUERY PLAN"]).join("\n")
          assert.notInclude(plan, "Seq Scan on booking", plan)
          assert.notInclude(plan, "Seq Scan on passenger", plan)
        }
      }
    }))
})
