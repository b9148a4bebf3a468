import { EmbeddedRedis } from "@berth/embedded/EmbeddedRedis"
import { Effect, Layer, Redacted } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as InventoryRedis from "../../src/inventory/InventoryRedis.ts"
import { ManagedRedis } from "../../src/inventory/ManagedRedis.ts"

const embedded = (kind: "auto" | "wasm") =>
  Layer.unwrap(Effect.gen(function*() {
    const dataDir = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "berth-inventory-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    return EmbeddedRedis.layer({ dataDir, kind })
  }))

/** A real Redis for the tests of one file, and a connection to it. */
const managed = (kind: "auto" | "wasm") =>
  Layer.unwrap(
    Effect.map(EmbeddedRedis, ({ uri }) => ManagedRedis.layer(Redacted.make(uri)))
  ).pipe(Layer.provideMerge(embedded(kind)))

export const managedRedis = managed("auto")

export const inventory = InventoryRedis.layer.pipe(Layer.provideMerge(managedRedis))

/** The same in the Redis that runs as WebAssembly, whatever there is on the PATH. */
export const inventoryInWasm = InventoryRedis.layer.pipe(Layer.provideMerge(managed("wasm")))
