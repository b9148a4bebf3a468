import { HoldFacts } from "@berth/engine/ledger/HoldFacts"
import { GatewayJobs } from "@berth/engine/payment/GatewayJobs"
import { HoldExpiry } from "@berth/engine/sale/HoldExpiry"
import { Sweeper } from "@berth/engine/sale/Sweeper"
import { Reconciler } from "@berth/engine/seeding/Reconciler"
import { Duration, Effect, Layer } from "effect"
import { every } from "./Persistently.ts"

const releasesEvery = "2 seconds"
const expiredEvery = "1 second"
const gatewayEvery = "1 second"
const holdsEvery = "10 seconds"
const keysEvery = "1 hour"

/** How long after a comparison the next runs are compared, at least; how many, the reconciler says. */
const reconcileEvery = "1 second"

/** A comparison is followed by so many times the time it took: it goes slowly where the sale needs the stores. */
const reconcileRest = 15

/** Ends what was begun and not finished. Two sweepers do no harm. */
export const layer = Layer.effectDiscard(Effect.gen(function*() {
  const sweeper = yield* Sweeper
  const facts = yield* HoldFacts
  const reconciler = yield* Reconciler
  yield* every("repeat releases", releasesEvery, sweeper.repeatReleases)
  yield* every("expire holds", expiredEvery, (yield* HoldExpiry).expire)
  yield* every("tell the payment gateway", gatewayEvery, (yield* GatewayJobs).work)
  yield* every("sweep holds", holdsEvery, sweeper.sweepHolds)
  yield* every("prune keys", keysEvery, facts.pruneKeys)
  yield* every(
    "compare Redis with the record",
    reconcileEvery,
    Effect.flatMap(Effect.timed(reconciler.next), ([took]) => Effect.sleep(Duration.times(took, reconcileRest)))
  )
})).pipe(Layer.provide(Reconciler.layer))
