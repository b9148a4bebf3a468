import type { Pnr } from "@berth/domain/Pnr"
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { InventoryHealth } from "../../src/inventory/InventoryHealth.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"
import { Promoter } from "../../src/sale/Promoter.ts"
import { PromotionQueue } from "../../src/sale/PromotionQueue.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { ConfigApplier } from "../../src/seeding/ConfigApplier.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import { configure, engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"
import { book, cancel, free, makeHoldsOverdue } from "./Sales.ts"

const legs = 4

/** Callers at once. */
const concurrency = 8

/** Passes after which a promoter that is left alone must have finished. */
const passesMax = 10

const Small = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

/** What may happen, as often as it is listed. */
const kinds = [
  ...Array.from({ length: 12 }, () => "book" as const),
  ...Array.from({ length: 6 }, () => "cancel" as const),
  ...["repeat", "repeat", "edit", "flush"] as const
]

const Step = Schema.Struct({
  kind: Schema.Literals(kinds),
  from: Small(legs - 1),
  length: Small(legs - 1),
  passengers: Schema.Literals([1, 1, 1, 2, 2, 3, 4]),
  onlyIfConfirmed: Schema.Literals([false, false, true]),
  which: Small(40),
  /** Cancels the first passenger alone. */
  partial: Schema.Boolean,
  lower: Small(6),
  upper: Small(6),
  tatkal: Small(2)
})
type Step = typeof Step.Type

interface Sold {
  readonly pnr: Pnr
  readonly key: string
  readonly asked: Parameters<typeof book>[1]
}

/** What nobody is at fault for. */
const expected = new Set([
  "SoldOut",
  "RunPreparing",
  "BookingNotFound",
  "NothingToCancel",
  "QuotaNotOnTrain",
  "ClassNotOnTrain"
])

const drive = Effect.fnUntraced(function*(run: TestRun, steps: ReadonlyArray<Step>) {
  const redis = yield* ManagedRedis
  const applier = yield* ConfigApplier
  const sold: Array<Sold> = []
  const bookAs = Effect.fnUntraced(function*(step: Step, key: string) {
    const asked = {
      key,
      passengers: step.passengers,
      legs: [step.from, Math.min(legs, step.from + 1 + step.length)] as const,
      conditions: { onlyIfConfirmed: step.onlyIfConfirmed }
    }
    const { booking } = yield* book(run, asked)
    sold.push({ pnr: booking.pnr, key, asked })
  })
  const take = Effect.fnUntraced(function*(step: Step, index: number) {
    const earlier = sold[step.which % Math.max(1, sold.length)]
    switch (step.kind) {
      case "book":
        return yield* bookAs(step, `${run.trainId}-${index}`)
      case "repeat": {
        if (earlier === undefined) return
        const { booking } = yield* book(run, { ...earlier.asked, key: earlier.key })
        return assert.strictEqual(booking.pnr, earlier.pnr)
      }
      case "cancel":
        return earlier === undefined ? undefined : yield* cancel(earlier.pnr, step.partial ? [1] : undefined)
      case "edit":
        yield* configure(run.trainId, [
          ...sleepers({ LB: step.lower, UB: step.upper, SL: 1 }),
          { travelClass: "SL", quota: "TQ", berth: "LB", seatCount: step.tatkal }
        ])
        return yield* applier.applyAll
      case "flush":
        return yield* redis.send("FLUSHALL")
    }
  })
  yield* Effect.forEach(steps, (step, index) =>
    take(step, index).pipe(Effect.catchIf(
      (error) => expected.has(error._tag),
      () => Effect.void
    )), { concurrency, discard: true })
})

/** Brings everything to an end that was begun: what the fibers that keep time do, without their waiting. */
const quiesce = Effect.fnUntraced(function*(run: TestRun) {
  const sweeper = yield* Sweeper
  const promoter = yield* Promoter
  const health = yield* InventoryHealth
  for (const { has, instance, markSeeded, seededInstance } of yield* health.parts) {
    if ((yield* seededInstance) !== instance) {
      const loader = yield* RunLoader
      yield* loader.close(has)
      yield* markSeeded
      yield* loader.load([run.id], "unloaded")
    }
  }
  yield* (yield* ConfigApplier).applyAll
  yield* sweeper.repeatReleases
  yield* makeHoldsOverdue(run)
  yield* sweeper.sweepHolds
  for (let pass = 0; pass < passesMax; pass++) {
    if (yield* promoter.promote(run.id)) return
  }
  assert.fail(`the promoter has not finished after ${passesMax} passes`)
})

const Facts = Schema.Tuple([Schema.Struct({
  overlaps: Schema.Int,
  unsold: Schema.Int,
  /** Free berths of the general quota, by `from` and `to`. */
  free: Schema.Array(Schema.Struct({ from: Schema.Int, to: Schema.Int, free: Schema.Int })),
  parties: Schema.Array(Schema.Struct({
    number: Schema.Int,
    state: Schema.Literals(["waiting", "promoted", "cancelled"]),
    booked: Schema.Int,
    passengers: Schema.Int,
    cancelled: Schema.Int,
    from: Schema.Int,
    to: Schema.Int
  }))
})])

/** What the record says of a run. */
const factsOf = Effect.fnUntraced(function*(run: TestRun) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`
    WITH sold AS (
      SELECT * FROM sale WHERE active AND berth >> 16 = ${run.id}::float8::bigint
    )
    SELECT
      (SELECT count(*)::int FROM sold a JOIN sold b
        ON a.id < b.id AND a.berth = b.berth AND a.places && b.places AND a.legs && b.legs) AS overlaps,
      (SELECT count(*)::int FROM passenger p JOIN booking k USING (pnr)
        FULL JOIN sold s ON s.pnr = p.pnr AND s.passenger = p.number
        WHERE (k.run_id = ${run.id}::float8::bigint OR k.pnr IS NULL) AND (p.state = 'CONFIRMED') IS DISTINCT FROM
          (s.id IS NOT NULL AND s.berth = p.berth AND s.legs = int4range(k.from_stop, k.to_stop))) AS unsold,
      (SELECT jsonb_agg(jsonb_build_object('from', f, 'to', t, 'free', (
        SELECT count(*) FROM berth b WHERE b.train_number = ${run.trainNumber} AND b.active AND b.quota = 'GN'
          AND NOT EXISTS (SELECT FROM sold s WHERE s.berth & 65535 = b.number AND s.legs && int4range(f, t)))))
        FROM generate_series(0, ${legs - 1}::int) f, LATERAL generate_series(f + 1, ${legs}::int) t) AS free,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('number', w.number, 'state', w.state, 'passengers', w.passengers,
        'booked', (SELECT count(*) FROM passenger p WHERE p.pnr = w.pnr),
        'cancelled', (SELECT count(*) FROM passenger p WHERE p.pnr = w.pnr AND p.state = 'CANCELLED'),
        'from', k.from_stop, 'to', k.to_stop) ORDER BY w.number), '[]')
        FROM waitlist_entry w JOIN booking k USING (pnr) WHERE w.run_id = ${run.id}::float8::bigint) AS parties`
  const [facts] = yield* Schema.decodeUnknownEffect(Facts)(rows)
  return facts
})

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "a sale under way",
  (it) => {
    it.effect.prop(
      "sells each berth once a leg, promotes in order and passes nobody, whatever happens at once",
      [Schema.Array(Step).check(Schema.isMinLength(30), Schema.isMaxLength(100))],
      ([steps]) =>
        Effect.gen(function*() {
          const run = yield* openTrain({
            stops: legs + 1,
            pools: sleepers({ LB: 6, UB: 6, SL: 1 })
          })
          const queue = yield* PromotionQueue
          const promoter = yield* Promoter
          const promoting = yield* Effect.forkChild(
            Effect.forever(Effect.flatMap(queue.take, (runId) => promoter.promote(runId)))
          )
          yield* drive(run, steps)
          // Waits for the pass that is under way.
          yield* Fiber.interrupt(promoting)
          yield* quiesce(run)

          assert.deepStrictEqual((yield* (yield* Audit).auditRuns([run.id])).differences, [])
          const facts = yield* factsOf(run)
          assert.strictEqual(facts.overlaps, 0, "no two sales overlap")
          assert.strictEqual(facts.unsold, 0, "who is confirmed has a sale, and nobody else")
          for (const pair of facts.free) {
            assert.strictEqual(
              yield* free(run, [pair.from, pair.to]),
              pair.free,
              `free from ${pair.from} to ${pair.to}`
            )
          }
          const waiting = facts.parties.filter(({ state }) => state === "waiting")
          for (const { from, number, passengers, to } of waiting) {
            const left = facts.free.find((pair) => pair.from === from && pair.to === to)?.free ?? 0
            assert.isBelow(left, passengers, `GNWL${number} waits although it fits`)
          }
          for (const passed of waiting) {
            const passing = facts.parties.find((other) =>
              other.state === "promoted" && other.number > passed.number && other.from === passed.from &&
              other.to === passed.to && other.booked === passed.passengers
            )
            assert.isUndefined(passing, `GNWL${passing?.number} passed GNWL${passed.number}`)
          }
        }),
      { arbitrary: { runs: 12 }, timeout: 120_000 }
    )
  }
)
