import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer, Random } from "effect"
import { type OpenRun, RunRows } from "../ledger/RunRows.ts"
import { counter, note } from "../metrics/Series.ts"
import { Audit, type Difference } from "./Audit.ts"
import { RunLoader } from "./RunLoader.ts"

/** Runs met in one go: the window of a national railway, of 100,000 runs, is gone through in about ten minutes. */
const runsPerLook = 150

/**
 * Of these so many at most that somebody has booked, which are compared berth by berth. With 25 a second that was measured
 * to cost a tenth of a server that sells all it can.
 */
const bookedPerLook = 5

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
  /** Looks at the next runs that are open, after the last the first again; answers the runs loaded again. */
  readonly next: Effect.Effect<ReadonlyArray<number>, StoreUnavailable>
}>()("@berth/engine/seeding/Reconciler") {
  static readonly layerNoDeps = Layer.effect(Reconciler, Effect.suspend(() => make))
  static readonly layer = Reconciler.layerNoDeps.pipe(Layer.provide(Audit.layer))
}

/** The runs up to the last one that there is time for, and whether others come after it. */
const upToBooked = (found: ReadonlyArray<OpenRun>) => {
  const booked = found.flatMap((run, index) => run.booked ? [index] : [])
  const end = booked[bookedPerLook]
  return { runs: found.slice(0, end), more: end !== undefined || found.length === runsPerLook }
}

const make = Effect.gen(function*() {
  const rows = yield* RunRows
  const { auditRuns, notAsLoaded } = yield* Audit
  const loader = yield* RunLoader
  // Two schedulers begin at different places, and so see each run twice as often.
  let after = yield* Effect.map(
    Effect.all([rows.onSale, Random.next]),
    ([ids, share]) => ids[Math.floor(share * ids.length)] ?? 0
  )

  const next = Effect.gen(function*() {
    const met = upToBooked(yield* rows.openAfter(after, runsPerLook))
    after = met.more ? met.runs.at(-1)?.id ?? 0 : 0
    const astray = yield* notAsLoaded(met.runs.filter(({ booked }) => !booked).map(({ id }) => id))
    const { differences } = yield* auditRuns([
      ...met.runs.filter(({ booked }) => booked).map(({ id }) => id),
      ...astray
    ])
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
