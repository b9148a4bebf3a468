import { HoldFacts } from "@berth/engine/ledger/HoldFacts"
import { GatewayJobs } from "@berth/engine/payment/GatewayJobs"
import { HoldExpiry } from "@berth/engine/sale/HoldExpiry"
import { Sweeper } from "@berth/engine/sale/Sweeper"
import { Reconciler } from "@berth/engine/seeding/Reconciler"
import { Effect, Layer } from "effect"
import { every } from "./Persistently.ts"

const releasesEvery = "2 seconds"
const expiredEvery = "1 second"
const gatewayEvery = "1 second"
const holdsEvery = "10 seconds"
const keysEvery = "1 hour"

/** How often the next runs are compared; how many, the reconciler says. */
const reconcileEvery = "1 second"

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
  yield* every("compare Redis with the record", reconcileEvery, reconciler.next)
})).pipe(Layer.provide(Reconciler.layer))
