import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Clock, Context, Effect, Layer } from "effect"
import { type ConfigReply, Inventory } from "../inventory/Inventory.ts"
import { type RunBehind, type RunForRedis, RunRows } from "../ledger/RunRows.ts"
import { editLag } from "../metrics/SeedingMetrics.ts"
import { note } from "../metrics/Series.ts"
import { PromotionQueue } from "../sale/PromotionQueue.ts"
import { classOfRun, type Composition, Compositions } from "../timetable/Compositions.ts"
import { RunDirectory } from "../timetable/RunDirectory.ts"
import { RunLoader } from "./RunLoader.ts"

/** Runs told of an edit at once: a train has one for each day of the window. */
const concurrency = 64

/** Brings edits of the seat configuration to the runs that are on sale. */
export class ConfigApplier extends Context.Service<ConfigApplier, {
  /** Applies to every run that is behind its train, and answers how many there were. */
  readonly applyAll: Effect.Effect<number, StoreUnavailable>
}>()("@berth/engine/seeding/ConfigApplier") {
  static readonly layer = Layer.effect(ConfigApplier, Effect.suspend(() => make))
}

/** One figure a train: an edit is shown when the last of its runs shows it. */
const noteLags = (behind: ReadonlyArray<RunBehind>, elapsedSeconds: number): void => {
  const byTrain = new Map(behind.map((run) => [run.trainNumber, run.editedSecondsAgo]))
  for (const editedSecondsAgo of byTrain.values()) {
    if (editedSecondsAgo !== null) {
      note(editLag, editedSecondsAgo + elapsedSeconds)
    }
  }
}

const make = Effect.gen(function*() {
  const rows = yield* RunRows
  const compositions = yield* Compositions
  const inventory = yield* Inventory
  const loader = yield* RunLoader
  const directory = yield* RunDirectory
  const promotions = yield* PromotionQueue

  const apply = (run: RunForRedis, composition: Composition) =>
    inventory.applyConfig({
      run,
      gate: { epoch: run.epoch, version: composition.version },
      classes: [...composition.classes.values()].map((composed) => ({
        classOfRun: classOfRun(composed, run.legs),
        masks: composed.masks
      }))
    })

  const applyAll = Effect.gen(function*() {
    const startNanos = yield* Clock.monotonicTimeNanos
    const behind = yield* rows.behind
    if (behind.length === 0) {
      return 0
    }
    const current = yield* compositions.getAll(behind)
    const runs = behind.flatMap((run) => {
      const composition = current.get(run.trainNumber)
      return composition === undefined ? [] : [{ run, composition }]
    })
    // Redis first and for all runs, since that is what passengers see; then the record, in one statement.
    const replies = yield* Effect.forEach(runs, ({ composition, run }) => apply(run, composition), { concurrency })
    noteLags(behind, Number((yield* Clock.monotonicTimeNanos) - startNanos) / 1e9)
    const runsWith = (...wanted: ReadonlyArray<ConfigReply>) =>
      runs.filter((_, index) => wanted.some((reply) => replies[index] === reply))
    const shown = runsWith("Applied", "Awaited", "Stale")
    yield* rows.applied(shown.map(({ composition: { version }, run: { epoch, id } }) => ({ id, epoch, version })))
    yield* loader.load(runsWith("Early").map(({ run }) => run.id), "all")
    yield* Effect.forEach(shown, ({ run }) => directory.forget(run), { discard: true })
    yield* Effect.forEach(runsWith("Awaited"), ({ run }) => promotions.wake(run.id), { discard: true })
    return behind.length
  }).pipe(Effect.withSpan("ConfigApplier.applyAll"))

  return ConfigApplier.of({ applyAll })
})
