import type { Pnr } from "@berth/domain/Pnr"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { GatewayJobs } from "../../src/payment/GatewayJobs.ts"
import { type SandboxManner, SandboxPayments } from "../../src/payment/SandboxPayments.ts"
import { Promoter } from "../../src/sale/Promoter.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { book, cancel, makeHoldsOverdue } from "../sale/Sales.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"
import { agrees, booksOf, expire, pass, pay, statesOf, takenFor, tellGateway } from "./Money.ts"

/** Callers at once. */
const concurrency = 6

/** Passes after which a promoter that is left alone must have finished. */
const passesMax = 10

const Small = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

const kinds = [
  ...Array.from({ length: 3 }, () => "hold" as const),
  ...Array.from({ length: 8 }, () => "pay" as const),
  ...["sell", "cancel", "cancel", "pass", "expire", "expire", "jobs", "jobs", "promote", "release"] as const
]

const manners: ReadonlyArray<SandboxManner> = ["answers", "declines", "fails", "late", "never", "slow", "twice"]

const Step = Schema.Struct({
  kind: Schema.Literals(kinds),
  passengers: Schema.Literals([1, 1, 2]),
  which: Small(20),
  /** Cancels the first passenger alone. */
  partial: Schema.Boolean,
  minutes: Small(8)
})
type Step = typeof Step.Type

/** What nobody is at fault for. */
const expected = new Set([
  "SoldOut",
  "Overloaded",
  "RunPreparing",
  "NothingToCancel",
  "NothingToPay",
  "HoldExpired",
  "PaymentDeclined",
  "PaymentPending"
])

/** Only when all is quiet: it takes every hold for one whose server died long ago. */
const sweep = Effect.fnUntraced(function*(run: TestRun) {
  yield* makeHoldsOverdue(run)
  yield* (yield* Sweeper).sweepHolds
})

const drive = Effect.fnUntraced(function*(run: TestRun, steps: ReadonlyArray<Step>) {
  const jobs = yield* GatewayJobs
  const promoter = yield* Promoter
  const sweeper = yield* Sweeper
  const held: Array<Pnr> = []
  // Several to begin with, so that whoever pays finds something to pay.
  for (const passengers of [2, 1, 1, 1]) {
    held.push((yield* book(run, { payment: "hold", passengers })).booking.pnr)
  }
  const take = Effect.fnUntraced(function*(step: Step) {
    const pnr = held[step.which % held.length]
    switch (step.kind) {
      case "hold":
        return held.push((yield* book(run, { payment: "hold", passengers: step.passengers })).booking.pnr)
      case "sell":
        return yield* book(run, { passengers: step.passengers })
      case "pay":
        return pnr === undefined ? undefined : yield* pay(pnr)
      case "cancel":
        return pnr === undefined ? undefined : yield* cancel(pnr, step.partial ? [1] : undefined)
      case "pass":
        return yield* pass(`${step.minutes} minutes`)
      case "expire":
        return yield* expire
      case "jobs":
        return yield* jobs.work
      case "promote":
        return yield* promoter.promote(run.id)
      case "release":
        return yield* sweeper.repeatReleases
    }
  })
  yield* Effect.forEach(
    steps,
    (step) => Effect.catchIf(take(step), (error) => expected.has(error._tag), () => Effect.void),
    { concurrency, discard: true }
  )
  return held
})

/** Brings everything to an end that was begun: what the fibers that keep time do, without their waiting. */
const quiesce = Effect.fnUntraced(function*(run: TestRun) {
  const promoter = yield* Promoter
  yield* pass("11 minutes")
  yield* expire
  yield* tellGateway
  yield* tellGateway
  yield* (yield* Sweeper).repeatReleases
  yield* sweep(run)
  for (let passes = 0; passes < passesMax; passes++) {
    if (yield* promoter.promote(run.id)) return
  }
  assert.fail(`the promoter has not finished after ${passesMax} passes`)
})

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "holds under way",
  (it) => {
    it.effect.prop(
      "each end once and leave balanced books and no berth sold twice, whatever the gateway does",
      [
        Schema.Array(Step).check(Schema.isMinLength(20), Schema.isMaxLength(60)),
        Schema.Array(Small(manners.length - 1)).check(Schema.isMinLength(5), Schema.isMaxLength(30))
      ],
      ([steps, told]) =>
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const sandbox = yield* SandboxPayments
          const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 4, UB: 3 }) })
          let calls = 0
          yield* sandbox.tell(() => manners[told[calls++ % told.length] ?? 0] ?? "answers", "20 millis")
          const held = yield* drive(run, steps)
          yield* sandbox.tell(() => "answers")
          yield* quiesce(run)
          yield* agrees(run)
          for (const pnr of held) {
            const [hold, ...payments] = yield* statesOf(pnr)
            assert.include(["confirmed", "released", "expired"], hold)
            for (const state of payments) assert.include(["failed", "captured", "voided"], state)
            const books = yield* booksOf(pnr)
            assert.strictEqual(books.passenger, 0, "nobody owes anything")
            assert.strictEqual(books.gateway, -books.revenue)
            assert.strictEqual(yield* takenFor(pnr), books.gateway, "the gateway has what the books say")
          }
          const open = yield* sql`SELECT FROM outbox o JOIN booking b USING (pnr)
            WHERE NOT o.done AND b.run_id = ${run.id}::float8::bigint`
          assert.strictEqual(open.length, 0, "the gateway was told everything")
        }),
      { arbitrary: { runs: 15 }, timeout: 120_000 }
    )
  }
)
