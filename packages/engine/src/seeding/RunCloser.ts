import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer } from "effect"
import { Inventory } from "../inventory/Inventory.ts"
import { RunRows } from "../ledger/RunRows.ts"
import { classOfRun, Compositions } from "../timetable/Compositions.ts"

/** Runs unloaded at once. */
const concurrency = 32

/** Takes runs that have arrived off sale, so that Redis holds the booking window and no more. */
export class RunCloser extends Context.Service<RunCloser, {
  /** Closes what has arrived, and answers how many runs there were. */
  readonly closeArrived: Effect.Effect<number, StoreUnavailable>
}>()("@berth/engine/seeding/RunCloser") {
  static readonly layer = Layer.effect(
    RunCloser,
    Effect.gen(function*() {
      const rows = yield* RunRows
      const compositions = yield* Compositions
      const inventory = yield* Inventory
      const closeArrived = Effect.gen(function*() {
        const runs = yield* rows.arrived
        const current = yield* compositions.getAll(runs)
        // Out of Redis first: a run that is closed in the record is not looked at again.
        yield* Effect.forEach(runs, (run) => {
          const classes = [...current.get(run.trainNumber)?.classes.values() ?? []]
          return inventory.unload(run, classes.map((composed) => classOfRun(composed, run.legs)))
        }, { concurrency, discard: true })
        yield* rows.close(runs.map(({ id }) => id))
        return runs.length
      }).pipe(Effect.withSpan("RunCloser.closeArrived"))
      return RunCloser.of({ closeArrived })
    })
  )
}
