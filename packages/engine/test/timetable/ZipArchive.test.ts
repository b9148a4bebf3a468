import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { openFeed } from "../../src/timetable/FeedFiles.ts"
import { feedFolder, feedZip, smallFeed, type ZipOptions } from "./FeedForTests.ts"

const contentOf = Effect.fnUntraced(function*(path: string) {
  const feed = yield* openFeed(path)
  const texts: Record<string, string> = {}
  for (const file of feed.bytes.keys()) {
    const chunks = yield* Stream.runCollect(feed.read(file))
    texts[file] = Buffer.concat(chunks).toString()
  }
  return texts
})

const refusal = (options: ZipOptions) =>
  Effect.gen(function*() {
    const error = yield* Effect.flip(contentOf(yield* feedZip(smallFeed, options)))
    return error.message
  })

/** Where the archive's table of contents begins, as its last record says. */
const directoryStart = (archive: Buffer): number => archive.readUInt32LE(archive.length - 6)

const at = (offset: number, value: number) => (archive: Buffer) => {
  archive.writeUInt16LE(value, directoryStart(archive) + offset)
}

const zip64 = (archive: Buffer) => {
  archive.fill(0xff, archive.length - 6, archive.length - 2)
}

const large = { "stop_times.txt": "a line of a feed\n".repeat(200_000), "stops.txt": "" }

describe("ZipArchive", () => {
  for (const options of [{ stored: true }, { stored: false }, { prefix: "feed/2026/" }]) {
    it.effect(`reads what was packed: ${JSON.stringify(options)}`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* contentOf(yield* feedZip(smallFeed, options)), smallFeed)
        assert.deepStrictEqual(yield* contentOf(yield* feedZip(large, options)), large)
      }))
  }

  it.effect("reads the same from a folder", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* contentOf(yield* feedFolder(smallFeed)), smallFeed)
    }))

  it.effect("notices a damaged entry", () =>
    Effect.gen(function*() {
      const message = yield* refusal({ stored: true, damage: (archive) => archive.write("X", 60) })
      assert.include(message, "agency.txt is damaged")
    }))

  it.effect("does not unpack more than the archive says there is", () =>
    Effect.gen(function*() {
      const message = yield* refusal({ damage: (archive) => archive.writeUInt32LE(3, directoryStart(archive) + 24) })
      assert.include(message, "agency.txt is damaged")
    }))

  it.effect("refuses what it can't read by name: encryption, other methods, zip64", () =>
    Effect.gen(function*() {
      assert.include(yield* refusal({ damage: at(8, 1) }), "agency.txt is encrypted")
      assert.include(yield* refusal({ damage: at(10, 14) }), "method 14")
      assert.include(yield* refusal({ damage: zip64 }), "zip64")
    }))

  it.effect("refuses a file that is no archive, and a path that is not there", () =>
    Effect.gen(function*() {
      const notZip = yield* refusal({ damage: (archive) => archive.fill(0) })
      assert.include(notZip, "not a zip archive")
      const missing = yield* Effect.flip(contentOf("/nowhere/feed.zip"))
      assert.include(missing.message, "no such file")
    }))
})
