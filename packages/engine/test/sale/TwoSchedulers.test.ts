import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Cancellations } from "../../src/ledger/Cancellations.ts"
import { HoldFacts } from "../../src/ledger/HoldFacts.ts"
import { RunRows } from "../../src/ledger/RunRows.ts"
import { GatewayJobs } from "../../src/payment/GatewayJobs.ts"
import { HoldExpiry } from "../../src/sale/HoldExpiry.ts"
import { Promoter } from "../../src/sale/Promoter.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { ConfigApplier } from "../../src/seeding/ConfigApplier.ts"
import { Reconciler } from "../../src/seeding/Reconciler.ts"
import { RunCloser } from "../../src/seeding/RunCloser.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import { agrees, booksOf, pass, passHolds, pay } from "../payment/Money.ts"
import { configure, engine, openTrain, sleepers } from "../TestEngine.ts"
import { book, cancel, free, makeHoldsOverdue, traveller } from "./Sales.ts"

/** Everything that a scheduler does, once. */
const everything = Effect.gen(function*() {
  const rows = yield* RunRows
  const sweeper = yield* Sweeper
  const loader = yield* RunLoader
  const promoter = yield* Promoter
  const work: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }>> = [
    rows.makeWindow,
    Effect.flatMap(rows.unloaded(100), (runs) => loader.load(runs, "unloaded")),
    (yield* ConfigApplier).applyAll,
    (yield* RunCloser).closeArrived,
    sweeper.repeatReleases,
    sweeper.sweepHolds,
    (yield* HoldExpiry).expire,
    (yield* GatewayJobs).work,
    (yield* HoldFacts).pruneKeys,
    (yield* Reconciler).next,
    Effect.flatMap(rows.onSale, (runs) => Effect.forEach(runs, promoter.promote))
  ]
  return work
})

const services = Layer.mergeAll(Audit.layer, Reconciler.layer).pipe(Layer.provideMerge(engine))

layer(services, { excludeTestServices: true, timeout: "60 seconds" })("two schedulers", (it) => {
  it.effect("do the same work at the same time, and it is done once", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 8 }) })
      const paid = (yield* book(run, { payment: "hold" })).booking.pnr
      yield* pay(paid)
      yield* book(run, { payment: "hold" })
      const given = (yield* book(run, { passengers: 6 })).booking.pnr
      const waits = (yield* book(run, { passengers: 2 })).booking
      assert.strictEqual(waits.status, "WAITLISTED")
      // Cancelled in the record, and Redis has not been told.
      yield* (yield* Cancellations).cancel({
        pnr: given,
        caller: traveller.userId,
        forUser: traveller.userId,
        passengers: null
      })
      yield* passHolds
      yield* configure(run.trainId, sleepers({ LB: 9 }))
      yield* makeHoldsOverdue(run)
      const work = yield* everything
      for (let round = 0; round < 3; round++) {
        yield* Effect.forEach([...work, ...work], (each) => each, { concurrency: "unbounded", discard: true })
        yield* pass("6 minutes")
      }
      assert.deepStrictEqual(yield* booksOf(paid), { passenger: 0, gateway: 6000, revenue: -6000 })
      yield* agrees(run)
      // Of nine berths one was paid for, and two went to who waited.
      assert.strictEqual(yield* free(run), 6)
      yield* cancel(waits.pnr)
      yield* agrees(run)
      assert.strictEqual(yield* free(run), 8)
    }))
})
