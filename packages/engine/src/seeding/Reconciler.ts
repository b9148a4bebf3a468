import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer, Random } from "effect"
import { RunRows } from "../ledger/RunRows.ts"
import { counter, note } from "../metrics/Series.ts"
import { Audit, type Difference } from "./Audit.ts"
import { RunLoader } from "./RunLoader.ts"

/** Runs looked at in one go. With 25 a second the comparison was measured to cost a tenth of a server that sells all it can. */
const runsPerLook = 5

const drifted = counter(
  "berth_reconcile_drift_runs_total",
  "Runs of which Redis and the record were found to say different things, and which were loaded again"
)
const contradicted = counter(
  "berth_reconcile_contradictions_total",
  "Contradictions found within the record, which only a person can mend"
)

const textOf = ({ date, one, other, subject, trainId }: Difference): string =>
  `train ${trainId} of ${date}, ${subject}: ${one}; ${other}`

/**
 * Compares Redis with the record, a few runs at a time, for ever. Whatever differs, no bit is mended by itself: the run is
 * loaded again under a new epoch, and what was given meanwhile is refused at its commit.
 */
export class Reconciler extends Context.Service<Reconciler, {
  /** Looks at the next few runs that are open, after the last the first again; answers the runs loaded again. */
  readonly next: Effect.Effect<ReadonlyArray<number>, StoreUnavailable>
}>()("@berth/engine/seeding/Reconciler") {
  static readonly layerNoDeps = Layer.effect(Reconciler, Effect.suspend(() => make))
  static readonly layer = Reconciler.layerNoDeps.pipe(Layer.provide(Audit.layer))
}

const make = Effect.gen(function*() {
  const rows = yield* RunRows
  const { auditRuns } = yield* Audit
  const loader = yield* RunLoader
  // Two schedulers begin at different places, and so see each run twice as often.
  let after = yield* Effect.map(
    Effect.all([rows.onSale, Random.next]),
    ([ids, share]) => ids[Math.floor(share * ids.length)] ?? 0
  )

  const next = Effect.gen(function*() {
    const ids = yield* rows.openAfter(after, runsPerLook)
    after = ids.length < runsPerLook ? 0 : ids.at(-1) ?? 0
    const { differences } = yield* auditRuns(ids)
    const ofRecord = differences.filter(({ within }) => within === "record")
    const ofRedis = differences.filter(({ within }) => within === "Redis")
    const runs = [...new Set(ofRedis.map(({ runId }) => runId))]
    yield* Effect.forEach(
      ofRecord,
      (difference) => Effect.logError(`The record contradicts itself: ${textOf(difference)}`),
      { discard: true }
    )
    note(contradicted, ofRecord.length)
    if (runs.length > 0) {
      yield* Effect.forEach(
        ofRedis,
        (difference) => Effect.logWarning(`Redis has drifted from the record, loading again: ${textOf(difference)}`),
        { discard: true }
      )
      note(drifted, runs.length)
      yield* loader.load(runs, "all")
    }
    return runs
  })
  return Reconciler.of({ next })
})
