import { Effect, Layer, type Scope } from "effect"
import { EmbeddedPostgres } from "../src/EmbeddedPostgres.ts"
import { EmbeddedRedis } from "../src/EmbeddedRedis.ts"
import type { EmbeddedStoreError } from "../src/EmbeddedStoreError.ts"

// A Berth to be killed: starts the store it is told in the folder it is given, says that it runs, and stays.
const [, , store, dataDir = ""] = process.argv

const start: Effect.Effect<unknown, EmbeddedStoreError, Scope.Scope> = store === "redis"
  ? Layer.build(EmbeddedRedis.layer({ dataDir, kind: "native" }))
  : Layer.build(EmbeddedPostgres.layer({ dataDir }))

await Effect.runPromise(
  Effect.scoped(Effect.gen(function*() {
    yield* start
    process.send?.("running")
    return yield* Effect.never
  }))
)
