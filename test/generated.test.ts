import { assert, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { filesBelow, readProjectFile } from "./ProjectFiles.ts"

const target = "packages/server/src/generated"
const sources = filesBelow("proto")

it("what is generated was made from the .proto files as they are; npm run proto makes it again", () => {
  assert.isAbove(sources.length, 0)
  assert.deepStrictEqual(
    filesBelow(target).map((path) => readProjectFile(path).split("\n", 1)[0]).toSorted(),
    sources.map((path) => `// ${path}, sha256 ${createHash("sha256").update(readProjectFile(path)).digest("hex")}`)
      .toSorted()
  )
})
