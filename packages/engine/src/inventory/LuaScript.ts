import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"

/** A script kept in `scripts/`. Its file name ends in the number of its keys, `n` where that depends on the run. */
export interface LuaScript {
  readonly name: string
  readonly source: string
  readonly sha: string
}

const read = (path: string): string =>
  readFileSync(new URL(`./scripts/${path}.lua`, import.meta.url), "utf8").replaceAll(
    /^ *-- @include (\w+)$/gm,
    (_line, include: string) => read(`includes/${include}`)
  )

/** Reads a script and puts in what its lines `-- @include name` ask for, at that place. */
export const luaScript = (name: string): LuaScript => {
  const source = read(name)
  return { name, source, sha: createHash("sha1").update(source).digest("hex") }
}
