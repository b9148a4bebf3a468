import { assert, describe, it } from "@effect/vitest"
import { filesBelow, packageNames, readProjectFile } from "./ProjectFiles.ts"
import { looseVersions, textViolations } from "./TextRules.ts"

const textFile = /\.(?:ts|tsx|mjs|lua|sql|css|html)$/
// The rules and their own cases, below test/, have to spell what they forbid.
const files = filesBelow(".").filter((path) => textFile.test(path) && !path.startsWith("test/"))

describe("the project's files", () => {
  it("keep to the rules", () => {
    assert.isAbove(files.length, 0)
    assert.deepStrictEqual(files.flatMap((path) => textViolations(path, readProjectFile(path))), [])
  })

  it("pin every dependency to one version", () => {
    const manifests = ["package.json", ...packageNames.map((name) => `packages/${name}/package.json`)]
    assert.deepStrictEqual(manifests.flatMap((path) => looseVersions(JSON.parse(readProjectFile(path)))), [])
  })
})

describe("the check of files", () => {
  const source = "packages/engine/src/sale/Book.ts"
  const test = "packages/engine/test/sale/Book.test.ts"

  const forbidden: ReadonlyArray<readonly [path: string, text: string]> = [
    [source, "\n".repeat(300) + "x"],
    ["packages/engine/src/sale/book.ts", ""],
    ["packages/engine/src/inventory/Index.ts", ""],
    ["packages/engine/src/inventory/book.lua", "-- TODO"],
    [source, "// FIXME later"],
    [source, "const x = y as any"],
    [test, "const x = y as unknown as string"],
    [test, "run(layer as never)"],
    [source, "const now = Date.now()"],
    [source, "const now = new Date()"],
    [source, "const pick = Math.random()"],
    [test, "it.only(\"books\", run)"],
    [test, "it.effect.skip(\"books\", run)"],
    [test, "yield* Effect.sleep(\"1 second\")"],
    [test, "setTimeout(resolve, 10)"]
  ]
  for (const [path, text] of forbidden) {
    it(`catches ${JSON.stringify(text.trim())} in ${path}`, () => {
      assert.strictEqual(textViolations(path, text).length, 1)
    })
  }

  const allowed: ReadonlyArray<readonly [path: string, text: string]> = [
    [source, "x\n".repeat(300)],
    ["packages/engine/src/inventory/book-3.lua", "return 1"],
    ["packages/engine/src/ledger/migrations/0001_booking.ts", "export {}"],
    ["packages/server/src/generated/berth/v1/berth_pb.ts", "x\n".repeat(301)],
    [source, "const kinds = [\"LB\"] as const // the same as any other"],
    [source, "/**\n * treated as any other\n */"],
    [source, "yield* Effect.sleep(pause)"],
    [source, "new Date(millis)"]
  ]
  for (const [path, text] of allowed) {
    it(`lets ${JSON.stringify(text.slice(0, 40))} pass in ${path}`, () => {
      assert.deepStrictEqual(textViolations(path, text), [])
    })
  }

  it("catches a version that may move", () => {
    const manifest = {
      dependencies: { a: "1.2.3", b: "^1.2.3", c: "npm:c@1.2.3" },
      devDependencies: { d: "~1.0.0", e: "*" }
    }
    assert.deepStrictEqual(looseVersions(manifest), ["b ^1.2.3", "d ~1.0.0", "e *"])
  })
})
