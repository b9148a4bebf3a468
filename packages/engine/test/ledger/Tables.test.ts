import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { database } from "../TestEngine.ts"

const sell = Effect.fnUntraced(function*(sale: {
  readonly berth: number
  readonly legs: string
  readonly places?: string
  readonly active?: boolean
}) {
  const sql = yield* SqlClient.SqlClient
  const { active = true, berth, legs, places = "[0,2)" } = sale
  yield* sql`INSERT INTO sale (berth, places, legs, active, pnr, passenger)
    VALUES (${berth}, ${places}::text::int4range, ${legs}::text::int4range, ${active}, '1000000000', 1)`
})

const refused = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(self), ({ _tag }) => _tag === "Failure")

const booking = (changes: Record<string, unknown>) => ({
  pnr: "1234567890",
  run_id: 1,
  epoch: 1,
  user_id: "traveller",
  travel_class: "SL",
  quota: "GN",
  from_stop: 0,
  to_stop: 1,
  same_coach: false,
  lower_berths_min: 0,
  state: "CONFIRMED",
  created_at: new Date(0),
  ...changes
})

const passenger = (changes: Record<string, unknown>) => ({
  pnr: "1234567890",
  number: 1,
  name: "Traveller",
  age: 30,
  gender: null,
  wish: null,
  state: "CONFIRMED",
  berth: 1,
  waitlist_number: null,
  ...changes
})

const entry = (changes: Record<string, unknown>) => ({
  pnr: "1234567890",
  run_id: 1,
  travel_class: "SL",
  kind: "GNWL",
  number: 1,
  passengers: 1,
  hold_id: "hold",
  state: "waiting",
  ...changes
})

layer(database, { excludeTestServices: true, timeout: "60 seconds" })("the tables of sales", (it) => {
  it.effect("refuse two active sales that share a leg of a place", () =>
    Effect.gen(function*() {
      yield* sell({ berth: 1, legs: "[2,5)" })
      for (const legs of ["[2,5)", "[0,3)", "[4,9)", "[3,4)", "[0,9)"]) {
        assert.isTrue(yield* refused(sell({ berth: 1, legs })), legs)
      }
      yield* sell({ berth: 1, legs: "[0,2)" })
      yield* sell({ berth: 1, legs: "[5,9)" })
      yield* sell({ berth: 1, legs: "[2,5)", active: false })
      yield* sell({ berth: 65_537, legs: "[2,5)" })
    }))

  it.effect("take both halves of a shared berth, each once, and no whole berth beside a half", () =>
    Effect.gen(function*() {
      yield* sell({ berth: 2, legs: "[0,4)", places: "[0,1)" })
      assert.isTrue(yield* refused(sell({ berth: 2, legs: "[3,4)", places: "[0,1)" })))
      assert.isTrue(yield* refused(sell({ berth: 2, legs: "[0,1)" })))
      yield* sell({ berth: 2, legs: "[0,4)", places: "[1,2)" })
    }))

  it.effect("refuse a sale of no legs, no place, or a place that a berth has not", () =>
    Effect.gen(function*() {
      const wrong = [
        { legs: "empty" },
        { legs: "[-1,2)" },
        { legs: "[0,257)" },
        { legs: "[0,1)", places: "empty" },
        { legs: "[0,1)", places: "[0,3)" }
      ]
      for (const sale of wrong) assert.isTrue(yield* refused(sell({ berth: 3, ...sale })), JSON.stringify(sale))
      const sql = yield* SqlClient.SqlClient
      yield* sell({ berth: 3, legs: "[0,1)" })
      assert.isTrue(yield* refused(sql`UPDATE sale SET freeing = true WHERE berth = 3`), "an active sale is not freed")
    }))

  it.effect("refuse rows that no rule allows", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const wrongBookings = [
        { pnr: "0123456789" },
        { pnr: "123456789" },
        { user_id: "" },
        { from_stop: -1 },
        { to_stop: 0 },
        { lower_berths_min: 7 },
        { state: "RAC" }
      ]
      for (const changes of wrongBookings) {
        assert.isTrue(
          yield* refused(sql`INSERT INTO booking ${sql.insert(booking(changes))}`),
          JSON.stringify(changes)
        )
      }
      yield* sql`INSERT INTO booking ${sql.insert(booking({}))}`
      const wrongPassengers = [
        { number: 0 },
        { number: 7 },
        { name: "" },
        { name: "x".repeat(61) },
        { age: -1 },
        { age: 126 },
        { gender: "X" },
        { state: "BOARDED" },
        { berth: null },
        { state: "WAITLISTED" },
        { state: "WAITLISTED", berth: null },
        { waitlist_number: 0 }
      ]
      for (const changes of wrongPassengers) {
        assert.isTrue(
          yield* refused(sql`INSERT INTO passenger ${sql.insert(passenger(changes))}`),
          JSON.stringify(changes)
        )
      }
      yield* sql`INSERT INTO passenger ${sql.insert(passenger({}))}`
      const wrongEntries = [{ number: 0 }, { passengers: 0 }, { passengers: 7 }, { state: "gone" }]
      for (const changes of wrongEntries) {
        assert.isTrue(
          yield* refused(sql`INSERT INTO waitlist_entry ${sql.insert(entry(changes))}`),
          JSON.stringify(changes)
        )
      }
      yield* sql`INSERT INTO waitlist_entry ${sql.insert(entry({}))}`
    }))
})
