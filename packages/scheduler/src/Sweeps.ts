import { HoldFacts } from "@berth/engine/ledger/HoldFacts"
import { Sweeper } from "@berth/engine/sale/Sweeper"
import { Effect, Layer } from "effect"
import { every } from "./Persistently.ts"

const releasesEvery = "2 seconds"
const holdsEvery = "10 seconds"
const keysEvery = "1 hour"

/** Ends what was begun and not finished. Two sweepers do no harm. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const sweeper = yield* Sweeper
  const facts = yield* HoldFacts
  yield* every("repeat releases", releasesEvery, sweeper.repeatReleases)
  yield* every("sweep holds", holdsEvery, sweeper.sweepHolds)
  yield* every("prune keys", keysEvery, facts.pruneKeys)
}))
