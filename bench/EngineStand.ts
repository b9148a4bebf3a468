import * as Engine from "@berth/engine/Engine"
import { Audit } from "@berth/engine/seeding/Audit"
import { layer as stores } from "@berth/engine/Stores"
import { type Effect, Layer, Logger, ManagedRuntime, Redacted } from "effect"

/** The engine in the bench's own process, beside those that serve: what a scheduler does can then be timed call by call. */
export const openEngine = (addresses: { readonly databaseUrl: string; readonly redisUri: string }) => {
  const runtime = ManagedRuntime.make(
    Audit.layer.pipe(
      Layer.provideMerge(Engine.layer),
      Layer.provide(stores({
        databaseUrl: Redacted.make(addresses.databaseUrl),
        redisUri: Redacted.make(addresses.redisUri)
      })),
      Layer.provide(Logger.layer([]))
    )
  )
  return {
    run: <A, E>(work: Effect.Effect<A, E, ManagedRuntime.ManagedRuntime.Services<typeof runtime>>) =>
      runtime.runPromise(work),
    close: () => runtime.dispose()
  }
}
