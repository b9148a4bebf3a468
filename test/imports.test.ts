import { assert, describe, it } from "@effect/vitest"
import { filesImported, findCycle, importsOf, importViolations, type Manifest } from "./ImportRules.ts"
import { filesBelow, packageNames, readProjectFile } from "./ProjectFiles.ts"

const readManifest = (path: string): Manifest => JSON.parse(readProjectFile(path))
const testTools = Object.keys(readManifest("package.json").devDependencies ?? {})
const sources = filesBelow("packages").filter((path) => /^packages\/[^/]+\/(?:src|test)\/.*\.tsx?$/.test(path))

describe("imports of the packages", () => {
  for (const name of packageNames) {
    it(`of ${name} point down, at listed packages, and stay inside`, () => {
      const manifest = readManifest(`packages/${name}/package.json`)
      const own = sources.filter((path) => path.startsWith(`packages/${name}/`))
      assert.deepStrictEqual(
        own.flatMap((path) => importViolations(path, readProjectFile(path), manifest, testTools)),
        []
      )
    })
  }

  it("form no cycle", () => {
    const graph = new Map(sources.map((path) => [path, filesImported(path, readProjectFile(path))]))
    assert.isUndefined(findCycle(graph))
  })
})

describe("the import check", () => {
  const manifest = { dependencies: { effect: "1.0.0", "@berth/domain": "1.0.0", "@berth/server": "1.0.0" } }
  const check = (source: string, path = "packages/engine/src/sale/Book.ts") =>
    importViolations(path, source, manifest, ["vitest"]).length

  it("reads every form of import, and no other text", () => {
    const source = [
      `import { Effect } from "effect"`,
      `import type {\n  A,\n  B\n} from "./A.ts"`,
      `import "./effects.ts"`,
      `export { C } from "./C.ts"`,
      `const late = import("late/part")`,
      `const text = "from nowhere"`,
      ` * import { D } from "comment"`
    ].join("\n")
    assert.deepStrictEqual(importsOf(source), ["effect", "./A.ts", "./effects.ts", "./C.ts", "late/part"])
  })

  it("lets pass what is allowed", () => {
    assert.strictEqual(check(`import { Layer } from "effect/Layer"`), 0)
    assert.strictEqual(check(`import { Pnr } from "@berth/domain/Pnr"`), 0)
    assert.strictEqual(check(`import { Ledger } from "../ledger/Ledger.ts"`), 0)
    assert.strictEqual(check(`import { spawn } from "node:child_process"`), 0)
    assert.strictEqual(check(`import { Book } from "../src/Book.ts"`, "packages/engine/test/Book.test.ts"), 0)
    assert.strictEqual(check(`import { inject } from "vitest"`, "packages/engine/test/Book.test.ts"), 0)
  })

  it("catches an import that points up", () => {
    assert.strictEqual(check(`import { Routes } from "@berth/server/Routes"`), 1)
  })

  it("catches a package that is not listed", () => {
    assert.strictEqual(check(`import Redis from "ioredis"`), 1)
    assert.strictEqual(check(`import { inject } from "vitest"`), 1)
  })

  it("catches a relative path out of the package, and from sources into tests", () => {
    assert.strictEqual(check(`import { Pnr } from "../../../domain/src/Pnr.ts"`), 1)
    assert.strictEqual(check(`import { fixture } from "../../test/fixture.ts"`), 1)
  })

  it("catches what a browser does not have", () => {
    assert.strictEqual(check(`import { join } from "node:path"`, "packages/domain/src/Pnr.ts"), 1)
  })

  it("catches a cycle", () => {
    const graph = new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]])
    assert.deepStrictEqual(findCycle(graph), ["b", "c", "b"])
    assert.isUndefined(findCycle(new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]])))
  })
})
