import { assert, layer } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { RunEpochs } from "../../src/ledger/RunEpochs.ts"
import type { Cancel } from "../../src/sale/Cancel.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import { book, cancel, seatsOf } from "../sale/Sales.ts"
import { engine, openTrain, sleepers, type TestRun } from "../TestEngine.ts"

/** A loader as another process has it. */
const otherLoader = RunLoader.pipe(Effect.provide(Layer.fresh(RunLoader.layer)))

/** A loader that stands still once it has read the sales, until it is told to go on. */
const standingStill = Effect.gen(function*() {
  const epochs = yield* RunEpochs
  const arrived = yield* Deferred.make<void>()
  const goOn = yield* Deferred.make<void>()
  const still = RunEpochs.of({
    ...epochs,
    beginRebuild: (runIds, which) =>
      epochs.beginRebuild(runIds, which).pipe(
        Effect.tap(() => Effect.andThen(Deferred.succeed(arrived, undefined), Deferred.await(goOn)))
      )
  })
  const services = yield* Layer.build(
    Layer.fresh(RunLoader.layer).pipe(Layer.provide(Layer.succeed(RunEpochs, still)))
  )
  return { arrived, goOn, loader: Context.get(services, RunLoader) }
})

const sound = Effect.fnUntraced(function*(run: TestRun) {
  assert.deepStrictEqual((yield* (yield* Audit).auditRuns([run.id])).differences, [])
})

layer(Audit.layer.pipe(Layer.provideMerge(engine)), { excludeTestServices: true, timeout: "60 seconds" })(
  "the loading of a run",
  (it) => {
    it.effect("frees a berth once that is cancelled while the run is loaded, and never under its next owner", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 1 }) })
        const { booking } = yield* book(run)
        const epochs = yield* RunEpochs
        const services = yield* Effect.context<Cancel>()
        const cancelling = RunEpochs.of({
          ...epochs,
          beginRebuild: (runIds, which) =>
            epochs.beginRebuild(runIds, which).pipe(
              Effect.tap(() => cancel(booking.pnr).pipe(Effect.orDie, Effect.provide(services)))
            )
        })
        const loader = yield* RunLoader.pipe(
          Effect.provide(Layer.fresh(RunLoader.layer).pipe(Layer.provide(Layer.succeed(RunEpochs, cancelling))))
        )
        yield* loader.load([run.id], "all")

        const again = yield* Effect.option(book(run))
        // Redis could not be told before it was loaded; now it is told again.
        yield* (yield* Sweeper).repeatReleases
        assert.deepStrictEqual((yield* (yield* Audit).auditRuns([run.id])).differences, [])
        if (again._tag === "None") {
          yield* book(run)
        }
        assert.deepStrictEqual((yield* (yield* Audit).auditRuns([run.id])).differences, [])
      }))

    it.effect("does no harm where two load the same run at once", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 3 }) })
        yield* book(run)
        const loaders = [yield* RunLoader, yield* otherLoader, yield* otherLoader]
        yield* Effect.forEach(loaders, ({ load }) => load([run.id], "all"), { concurrency: "unbounded" })
        // Where the later of two was overtaken, whoever needs the run next loads it.
        assert.strictEqual((yield* book(run)).booking.status, "CONFIRMED")
        yield* sound(run)
      }))

    it.effect("does no harm where one stands still between its epoch and its load, and another is done and has sold", () =>
      Effect.gen(function*() {
        const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        const { arrived, goOn, loader } = yield* standingStill
        const paused = yield* Effect.forkChild(loader.load([run.id], "all"))
        yield* Deferred.await(arrived)
        yield* (yield* RunLoader).load([run.id], "all")
        const { booking } = yield* book(run)
        yield* Deferred.succeed(goOn, undefined)
        yield* Fiber.join(paused)
        yield* sound(run)
        assert.notDeepEqual(seatsOf((yield* book(run)).booking), seatsOf(booking))
        assert.strictEqual((yield* Effect.flip(book(run, { conditions: { onlyIfConfirmed: true } })))._tag, "SoldOut")
        yield* sound(run)
      }))

    it.effect("keeps one run from being sold, and no other", () =>
      Effect.gen(function*() {
        const [run, other] = [
          yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) }),
          yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
        ]
        const { arrived, goOn, loader } = yield* standingStill
        const paused = yield* Effect.forkChild(loader.load([run.id], "all"))
        yield* Deferred.await(arrived)
        assert.strictEqual((yield* book(other)).booking.status, "CONFIRMED")
        yield* Deferred.succeed(goOn, undefined)
        yield* Fiber.join(paused)
        assert.strictEqual((yield* book(run)).booking.status, "CONFIRMED")
        yield* sound(run)
      }))
  }
)

layer(engine, { timeout: "60 seconds" })("a run whose loading takes long", (it) => {
  it.effect("is answered as being prepared after three seconds, and sold once it is loaded", () =>
    Effect.gen(function*() {
      const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 2 }) })
      const { arrived, goOn, loader } = yield* standingStill
      const asked = yield* Effect.forkChild(Effect.flip(loader.prepare(run)))
      yield* Deferred.await(arrived)
      yield* TestClock.adjust("3 seconds")
      const answer = yield* Fiber.join(asked)
      assert.deepInclude(answer, { _tag: "RunPreparing", trainId: run.trainId, date: run.date, retryAfterSeconds: 1 })
      yield* Deferred.succeed(goOn, undefined)
      assert.strictEqual((yield* book(run)).booking.status, "CONFIRMED")
    }))
})
