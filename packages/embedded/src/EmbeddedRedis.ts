import { Clock, Context, Effect, Layer, Option } from "effect"
import { EmbeddedStoreError } from "./EmbeddedStoreError.ts"
import { findRedis, startNativeRedis } from "./NativeRedis.ts"
import { startWasmRedis } from "./WasmRedis.ts"

export interface EmbeddedRedisOptions {
  /** Berth's data folder; Redis keeps its files in `redis` below it. */
  readonly dataDir: string
  /** `auto` takes the Valkey or Redis on the PATH, else the one in WebAssembly. */
  readonly kind: "auto" | "native" | "wasm"
}

/** Redis that only this machine can reach, for a machine where none is configured. */
export class EmbeddedRedis extends Context.Service<EmbeddedRedis, {
  readonly uri: string
  readonly kind: "native" | "wasm"
  readonly version: string
  /** Whether its data are still there at the next start. */
  readonly persistent: boolean
  /** Fails when Redis ends: before Berth does, or with the layer. */
  readonly failed: Effect.Effect<never, EmbeddedStoreError>
}>()("@berth/embedded/EmbeddedRedis") {
  static readonly layer = (options: EmbeddedRedisOptions): Layer.Layer<EmbeddedRedis, EmbeddedStoreError> =>
    Layer.effect(
      EmbeddedRedis,
      // Another process keeps real time, also in tests that have a clock of their own.
      Effect.provideService(make(options), Clock.Clock, Clock.Clock.defaultValue())
    )
}

const make = Effect.fnUntraced(function*({ dataDir, kind }: EmbeddedRedisOptions) {
  const binary = kind === "wasm" ? Option.none() : yield* findRedis
  if (Option.isSome(binary)) {
    const native = yield* startNativeRedis(binary.value, dataDir)
    return EmbeddedRedis.of({ ...native, kind: "native", persistent: true })
  }
  if (kind === "native") {
    return yield* new EmbeddedStoreError({
      store: "Redis",
      reason: "BinaryMissing",
      subject: "valkey-server or redis-server, version 7 or newer,"
    })
  }
  const wasm = yield* startWasmRedis(dataDir)
  return EmbeddedRedis.of({ ...wasm, kind: "wasm", persistent: false })
})
