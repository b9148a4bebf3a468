import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { RunEpochs } from "../../src/ledger/RunEpochs.ts"
import type { Cancel } from "../../src/sale/Cancel.ts"
import { Sweeper } from "../../src/sale/Sweeper.ts"
import { Audit } from "../../src/seeding/Audit.ts"
import { RunLoader } from "../../src/seeding/RunLoader.ts"
import { book, cancel } from "../sale/Sales.ts"
import { engine, openTrain, sleepers } from "../TestEngine.ts"

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
  }
)
