import { HoldFacts } from "@berth/engine/ledger/HoldFacts"
import { Sweeper } from "@berth/engine/sale/Sweeper"
import { type Duration, Effect, Layer, Schedule } from "effect"
import { persistently } from "./Persistently.ts"

const releasesEvery = "2 seconds"
const holdsEvery = "10 seconds"
const keysEvery = "1 hour"

/** Ends what was begun and not finished. Two sweepers do no harm. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const sweeper = yield* Sweeper
  const facts = yield* HoldFacts
  const every = <A, E, R>(task: string, work: Effect.Effect<A, E, R>, interval: Duration.Input) =>
    Effect.forkScoped(persistently(task, Effect.repeat(work, Schedule.spaced(interval))))

  yield* every("repeat releases", sweeper.repeatReleases, releasesEvery)
  yield* every("sweep holds", sweeper.sweepHolds, holdsEvery)
  yield* every("prune keys", facts.pruneKeys, keysEvery)
}))
