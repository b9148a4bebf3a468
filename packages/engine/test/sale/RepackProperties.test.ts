import type { Booking } from "@berth/domain/Booking"
import { PersonName } from "@berth/domain/PersonName"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"
import { book, cancel } from "./Sales.ts"
import { agrees } from "./ScatteredBerths.ts"

const legs = 4
const confirmed = { onlyIfConfirmed: true }

const Step = Schema.Struct({
  from: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: legs - 1 })),
  length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: legs })),
  passengers: Schema.Literals([1, 1, 1, 2, 3]),
  wish: Schema.Literals(["none", "none", "none", "LB", "UB"]),
  kind: Schema.Literals(["book", "book", "book", "cancel"]),
  which: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })),
  emptied: Schema.Literals([true, ...Array.from({ length: 19 }, () => false)])
})

const Room = Schema.Tuple([Schema.Struct({ room: Schema.Int, chosenMoved: Schema.Int, overlaps: Schema.Int })])

/** Berths of which each leg of a journey has one of the same type left, and what must never be. */
const roomOf = Effect.fnUntraced(function*(run: TestRun, [from, to]: readonly [number, number]) {
  const sql = yield* SqlClient.SqlClient
  const [facts] = yield* Schema.decodeUnknownEffect(Room)(
    yield* sql`
      WITH sold AS (SELECT * FROM sale WHERE active AND berth >> 16 = ${run.id}::float8::bigint)
      SELECT (SELECT sum(room)::int FROM (
          SELECT min(free) AS room FROM (
            SELECT b.berth, leg, count(*) FILTER (WHERE NOT EXISTS (
              SELECT FROM sold s WHERE s.berth & 65535 = b.number AND s.legs @> leg)) AS free
            FROM berth b, generate_series(${from}::int, ${to}::int - 1) leg
            WHERE b.train_number = ${run.trainNumber} AND b.active GROUP BY b.berth, leg
          ) by_leg GROUP BY berth) by_type) AS room,
        (SELECT count(*)::int FROM passenger p JOIN booking k USING (pnr)
          WHERE k.run_id = ${run.id}::float8::bigint AND p.wish IS NOT NULL AND p.moved_from IS NOT NULL
        ) AS "chosenMoved",
        (SELECT count(*)::int FROM sold a JOIN sold b
          ON a.id < b.id AND a.berth = b.berth AND a.legs && b.legs) AS overlaps`
  )
  return facts
})

const sell = Effect.fnUntraced(function*(
  run: TestRun,
  steps: ReadonlyArray<typeof Step.Type>,
  refused: (asked: readonly [number, number], passengers: number) => Effect.Effect<void, never, SqlClient.SqlClient>
) {
  const sold: Array<Booking> = []
  for (const { emptied, from, kind, length, passengers, which, wish } of steps) {
    if (emptied) yield* (yield* ManagedRedis).send("FLUSHALL")
    if (kind === "cancel") {
      const [earlier] = sold.splice(which % Math.max(1, sold.length), 1)
      if (earlier !== undefined) yield* cancel(earlier.pnr)
      continue
    }
    const journey = [from, Math.min(legs, from + length)] as const
    const one = { name: PersonName.make("Traveller"), age: 30, ...wish === "none" ? {} : { berth: wish } }
    const answer = yield* Effect.result(book(run, {
      legs: journey,
      conditions: confirmed,
      passengers: [one, ...Array.from({ length: passengers - 1 }, () => one)]
    }))
    if (Result.isSuccess(answer)) sold.push(answer.success.booking)
    else if (answer.failure._tag === "SoldOut") yield* refused(journey, passengers)
    else assert.fail(answer.failure._tag)
  }
})

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "berths that are scattered",
  (it) => {
    it.effect.prop(
      "are sold to the last leg where nobody chose: nobody is refused for whom each leg has a berth",
      [Schema.Array(Step).check(Schema.isMinLength(25), Schema.isMaxLength(40))],
      ([steps]) =>
        Effect.gen(function*() {
          const run = yield* openTrain({ stops: legs + 1, pools: sleepers({ LB: 3, UB: 3 }) })
          yield* sell(run, steps.map((step) => ({ ...step, wish: "none" as const })), (journey, passengers) =>
            Effect.map(Effect.orDie(roomOf(run, journey)), ({ room }) =>
              assert.isBelow(room, passengers, `${passengers} were refused from ${journey[0]} to ${journey[1]}`)))
          yield* agrees(run)
        }),
      { arbitrary: { runs: 8 }, timeout: 120_000 }
    )

    it.effect.prop(
      "are never taken from whoever chose one, nor sold twice, whatever is moved",
      [Schema.Array(Step).check(Schema.isMinLength(25), Schema.isMaxLength(40))],
      ([steps]) =>
        Effect.gen(function*() {
          const run = yield* openTrain({ stops: legs + 1, pools: sleepers({ LB: 3, UB: 3 }) })
          yield* sell(run, steps, () => Effect.void)
          const { chosenMoved, overlaps } = yield* roomOf(run, [0, legs])
          assert.deepStrictEqual({ chosenMoved, overlaps }, { chosenMoved: 0, overlaps: 0 })
          yield* agrees(run)
        }),
      { arbitrary: { runs: 8 }, timeout: 120_000 }
    )
  }
)
