import { Effect, type Scope, Stream } from "effect"
import { createReadStream, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { FeedUnreadable } from "./FeedErrors.ts"
import { openZip } from "./ZipArchive.ts"

/** The files of a feed, wherever they lie. */
export interface FeedFiles {
  readonly path: string
  /** Length of each file by name, such as `stops.txt`. */
  readonly bytes: ReadonlyMap<string, number>
  readonly read: (file: string) => Stream.Stream<Uint8Array, FeedUnreadable>
}

/** A file that every feed has; feeds that were zipped with their folder are found by it. */
const landmark = "stop_times.txt"

export const openFeed = Effect.fn("FeedFiles.open")(function*(
  path: string
): Effect.fn.Return<FeedFiles, FeedUnreadable, Scope.Scope> {
  const isFolder = yield* Effect.try({
    try: () => statSync(path).isDirectory(),
    catch: () => new FeedUnreadable({ path, problem: "there is no such file or folder" })
  })
  return yield* isFolder ? openFolder(path) : openArchive(path)
})

const openFolder = (path: string): Effect.Effect<FeedFiles, FeedUnreadable> =>
  Effect.try({
    try: (): FeedFiles => {
      const files = readdirSync(path).filter((name) => name.endsWith(".txt"))
      return {
        path,
        bytes: new Map(files.map((name) => [name, statSync(join(path, name)).size])),
        read: (file) =>
          Stream.suspend(() => {
            const chunks: AsyncIterable<Uint8Array> = createReadStream(join(path, file))
            return Stream.fromAsyncIterable(
              chunks,
              (cause) => new FeedUnreadable({ path, problem: `${file}: ${String(cause)}` })
            )
          })
      }
    },
    catch: (cause) => new FeedUnreadable({ path, problem: String(cause) })
  })

const openArchive = Effect.fnUntraced(function*(path: string) {
  const zip = yield* openZip(path)
  const at = zip.entries.find((entry) => entry.name === landmark || entry.name.endsWith(`/${landmark}`))
  const folder = at?.name.slice(0, -landmark.length) ?? ""
  const entries = new Map(
    zip.entries.flatMap((entry) => {
      const name = entry.name.slice(folder.length)
      const isHere = entry.name.startsWith(folder) && name.endsWith(".txt") && !name.includes("/")
      return isHere ? [[name, entry] as const] : []
    })
  )
  const files: FeedFiles = {
    path,
    bytes: new Map(Array.from(entries, ([name, entry]) => [name, entry.bytes])),
    read: (file) => {
      const entry = entries.get(file)
      return entry === undefined
        ? Stream.fail(new FeedUnreadable({ path, problem: `it holds no ${file}` }))
        : zip.read(entry)
    }
  }
  return files
})
