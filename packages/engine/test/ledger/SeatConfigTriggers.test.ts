import type { BerthType } from "@berth/domain/BerthType"
import { baysPerCoach, type CoachLayout } from "@berth/domain/CoachLayout"
import { Quota } from "@berth/domain/Quota"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Cause, Effect, Queue, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { configure, engine, makeTrain, sleepers, type TestRun } from "../TestEngine.ts"

const layout = coachLayouts.SL
const types = ["LB", "SU"] as const
const quotas = ["GN", "TQ", "LD"] as const

interface ModelBerth {
  readonly name: string
  readonly slot: number
  active: boolean
  quota: Quota
}

/** The numbers of a coach that are berths of a type. */
const numbersOf = ({ bay, berthsPerCoach }: CoachLayout, type: BerthType): ReadonlyArray<number> =>
  Array.from({ length: berthsPerCoach }, (_, index) => index + 1).filter((number) =>
    bay[(number - 1) % bay.length] === type
  )

/** Berths by type, each a list that only grows, and how they follow from a configuration. */
class Model {
  readonly berths = new Map<BerthType, Array<ModelBerth>>(types.map((type) => [type, []]))
  readonly wanted = new Map<string, number>()

  apply(): void {
    for (const [type, berths] of this.berths) {
      const count = (quota: Quota) => this.wanted.get(`${quota} ${type}`) ?? 0
      for (const quota of quotas) {
        berths.filter((berth) => berth.active && berth.quota === quota).slice(count(quota)).forEach((berth) => {
          berth.active = false
        })
      }
      for (const quota of quotas.toSorted()) {
        const have = berths.filter((berth) => berth.active && berth.quota === quota).length
        for (let more = count(quota) - have; more > 0; more--) this.add(type, berths, quota)
      }
    }
  }

  add(type: BerthType, berths: Array<ModelBerth>, quota: Quota): void {
    const retired = berths.find(({ active }) => !active)
    if (retired !== undefined) {
      retired.active = true
      retired.quota = quota
      return
    }
    const numbers = numbersOf(layout, type)
    const coach = Math.floor(berths.length / numbers.length)
    const number = numbers[berths.length % numbers.length] ?? 0
    const bay = Math.floor((number - 1) / layout.bay.length)
    berths.push({
      name: `S${coach + 1}-${number}`,
      slot: 8 * (coach * baysPerCoach(layout) + bay) + (number - 1) % layout.bay.length,
      active: true,
      quota
    })
  }

  get all() {
    return [...this.berths.values()].flat().toSorted((left, right) => left.slot - right.slot)
  }
}

const Berths = Schema.Array(
  Schema.Struct({ name: Schema.String, slot: Schema.Int, active: Schema.Boolean, quota: Quota })
)

const berthsOf = Effect.fnUntraced(function*(run: TestRun) {
  const sql = yield* SqlClient.SqlClient
  return yield* Schema.decodeUnknownEffect(Berths)(
    yield* sql`SELECT name, number & 8191 AS slot, active, quota FROM berth
      WHERE train_number = ${run.trainNumber} ORDER BY number`
  )
})

const Step = Schema.Struct({
  kind: Schema.Literals(["set", "set", "set", "set", "move", "delete", "add to all"]),
  quota: Schema.Literals(quotas),
  to: Schema.Literals(quotas),
  counts: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))).check(
    Schema.isMinLength(2),
    Schema.isMaxLength(2)
  )
})
type Step = typeof Step.Type

/** Makes an edit, by SQL as an operator would, and in the model. */
const edit = Effect.fnUntraced(function*(run: TestRun, model: Model, { counts, kind, quota, to }: Step) {
  const sql = yield* SqlClient.SqlClient
  switch (kind) {
    case "set":
      yield* configure(run.trainId, [
        { travelClass: "SL", quota, berth: "LB", seatCount: counts[0] ?? 0 },
        { travelClass: "SL", quota, berth: "SU", seatCount: counts[1] ?? 0 }
      ])
      types.forEach((type, index) => model.wanted.set(`${quota} ${type}`, counts[index] ?? 0))
      break
    case "move": {
      if (quota === to) return
      yield* sql`DELETE FROM train_seat_config WHERE train_id = ${run.trainId} AND quota = ${to}`
      for (const type of types) model.wanted.delete(`${to} ${type}`)
      model.apply()
      yield* sql`UPDATE train_seat_config SET quota = ${to} WHERE train_id = ${run.trainId} AND quota = ${quota}`
      for (const type of types) {
        const count = model.wanted.get(`${quota} ${type}`)
        if (count !== undefined) model.wanted.set(`${to} ${type}`, count)
        model.wanted.delete(`${quota} ${type}`)
      }
      break
    }
    case "delete":
      yield* sql`DELETE FROM train_seat_config WHERE train_id = ${run.trainId} AND quota = ${quota}`
      for (const type of types) model.wanted.delete(`${quota} ${type}`)
      break
    case "add to all":
      yield* sql`UPDATE train_seat_config SET seat_count = seat_count + 7 WHERE train_id = ${run.trainId}`
      for (const [pool, count] of model.wanted) model.wanted.set(pool, count + 7)
      break
  }
  model.apply()
})

const refusal = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.map(Effect.flip(Effect.sandbox(self)), Cause.pretty)

layer(engine, { excludeTestServices: true, timeout: "60 seconds" })("the seat configuration", (it) => {
  it.effect.prop(
    "gives the berths of the model after any edits: the k-th of a type for good, names once, none ever deleted",
    [Schema.Array(Step).check(Schema.isMinLength(1), Schema.isMaxLength(10))],
    ([steps]) =>
      Effect.gen(function*() {
        const run = yield* makeTrain({
          stops: 2,
          pools: [{ travelClass: "SL", quota: "GN", berth: "LB", seatCount: 0 }]
        })
        const model = new Model()
        model.wanted.set("GN LB", 0)
        for (const step of steps) {
          yield* edit(run, model, step)
          const berths = yield* berthsOf(run)
          assert.deepStrictEqual(berths, model.all)
          assert.strictEqual(new Set(berths.map(({ name }) => name)).size, berths.length)
        }
      }),
    { arbitrary: { runs: 25 }, timeout: 60_000 }
  )

  it.effect("announces train and version once a statement, of every train that it changed", () =>
    Effect.gen(function*() {
      const pg = yield* PgClient.PgClient
      const one = yield* makeTrain({ stops: 2, pools: sleepers({ LB: 1 }) })
      const other = yield* makeTrain({ stops: 2, pools: sleepers({ LB: 1 }) })
      const heard = yield* pg.listen("berth_config")
      yield* pg`UPDATE train_seat_config SET seat_count = 5 WHERE train_id IN (${one.trainId}, ${other.trainId})`
      const payloads = [yield* Queue.take(heard), yield* Queue.take(heard)].map(({ payload }) => payload)
      assert.deepStrictEqual(payloads.toSorted(), [`${one.trainId} 2`, `${other.trainId} 2`].toSorted())
    }))

  it.effect("retires every berth when the table is truncated, and deletes none", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const run = yield* makeTrain({ stops: 2, pools: sleepers({ LB: 3, SU: 2 }) })
      yield* sql`TRUNCATE train_seat_config`
      assert.deepStrictEqual((yield* berthsOf(run)).map(({ active }) => active), Array.from({ length: 5 }, () => false))
      yield* configure(run.trainId, sleepers({ LB: 3 }, "TQ"))
      assert.deepStrictEqual(
        (yield* berthsOf(run)).filter(({ active }) => active).map(({ name, quota }) => `${name} ${quota}`),
        ["S1-1 TQ", "S1-4 TQ", "S1-9 TQ"]
      )
    }))

  it.effect("refuses berths that the class does not have, and more than forty coaches hold, with a sentence", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const run = yield* makeTrain({ stops: 2, pools: sleepers({ LB: 720 }) })
      const seat = { travelClass: "SL", quota: "GN", berth: "WS", seatCount: 1 } as const
      assert.match(yield* refusal(configure(run.trainId, [seat])), /foreign key/)
      assert.match(
        yield* refusal(configure(run.trainId, [{ ...seat, berth: "LB", seatCount: -1 }])),
        /check constraint/
      )
      // 40 coaches of 18 lower berths.
      assert.match(
        yield* refusal(configure(run.trainId, sleepers({ LB: 1 }, "TQ"))),
        new RegExp(`train ${run.trainId}, class SL, berth LB: more seats than 40 coaches have`)
      )
      const [row] = yield* sql`SELECT config_version::int AS version FROM train WHERE id = ${run.trainId}`
      assert.deepStrictEqual(row, { version: 1 })
      assert.lengthOf(yield* berthsOf(run), 720)
    }))
})
