import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { lockFolder } from "../src/FolderLock.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

describe("lockFolder", () => {
  it.effect("refuses a second holder and names the first", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "store.lock")
      yield* lockFolder("Redis", file)
      const error = yield* Effect.flip(lockFolder("Redis", file))
      assert.strictEqual(error.reason, "FolderInUse")
      assert.strictEqual(error.subject, String(process.pid))
      assert.include(error.message, "BERTH_DATA_DIR")
    }))

  it.effect("is free again when its scope closes", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "store.lock")
      yield* Effect.scoped(lockFolder("Redis", file))
      yield* lockFolder("Redis", file)
    }))

  it.effect("says which file can't be written", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "missing", "store.lock")
      const error = yield* Effect.flip(lockFolder("PostgreSQL", file))
      assert.strictEqual(error.reason, "FolderNotWritable")
      assert.include(error.message, file)
    }))
})
