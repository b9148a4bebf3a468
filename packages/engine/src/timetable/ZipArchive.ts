import { Effect, Schema, type Scope, Stream } from "effect"
import { type FileHandle, open } from "node:fs/promises"
import { pipeline } from "node:stream"
import { crc32, createInflateRaw } from "node:zlib"
import { FeedUnreadable } from "./FeedErrors.ts"

/*
 * As much of the zip format (PKWARE APPNOTE 6.3) as feeds use: stored and deflated entries, found by the central
 * directory. Archives or entries above 4 GB (zip64) and encrypted ones are refused by name.
 */
const endSignature = 0x06054b50
const endBytes = 22
const commentBytesMax = 65_535
const entrySignature = 0x02014b50
const entryBytes = 46
const localSignature = 0x04034b50
const localBytes = 30
const directoryBytesMax = 64 * 1024 * 1024
const zip64Mark = 0xffff_ffff
const encryptedBit = 1
const methods = { stored: 0, deflated: 8 }

interface ZipEntry {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly compressedBytes: number
  readonly bytes: number
  readonly offset: number
}

export interface ZipArchive {
  readonly entries: ReadonlyArray<ZipEntry>
  readonly read: (entry: ZipEntry) => Stream.Stream<Uint8Array, FeedUnreadable>
}

const isFeedUnreadable = Schema.is(FeedUnreadable)

export const openZip = Effect.fn("ZipArchive.open")(function*(
  path: string
): Effect.fn.Return<ZipArchive, FeedUnreadable, Scope.Scope> {
  const unreadable = (problem: string) => new FeedUnreadable({ path, problem })
  const attempt = <A>(run: () => Promise<A>) =>
    Effect.tryPromise({
      try: run,
      catch: (cause) => isFeedUnreadable(cause) ? cause : unreadable(String(cause))
    })
  const handle = yield* Effect.acquireRelease(
    attempt(() => open(path)),
    (file) => Effect.promise(() => file.close())
  )
  const { size } = yield* attempt(() => handle.stat())

  const tailStart = Math.max(0, size - endBytes - commentBytesMax)
  const tail = yield* attempt(() => readAt(handle, tailStart, size - tailStart))
  const end = findEnd(tail)
  if (end === -1) return yield* unreadable("it is not a zip archive, or its end is missing")
  const directoryBytes = tail.readUInt32LE(end + 12)
  const directoryOffset = tail.readUInt32LE(end + 16)
  if (directoryOffset === zip64Mark || directoryBytes === zip64Mark) {
    return yield* unreadable("it is in the zip64 format; unpack it and import the folder")
  }
  if (directoryBytes > directoryBytesMax || directoryOffset + directoryBytes > size) {
    return yield* unreadable("its table of contents is damaged")
  }
  const directory = yield* attempt(() => readAt(handle, directoryOffset, directoryBytes))
  const entries = parseDirectory(directory, tail.readUInt16LE(end + 10))
  if (entries === undefined) return yield* unreadable("its table of contents is damaged")

  const dataStart = Effect.fnUntraced(function*(entry: ZipEntry) {
    if ((entry.flags & encryptedBit) !== 0) return yield* unreadable(`${entry.name} is encrypted`)
    if ([entry.bytes, entry.compressedBytes, entry.offset].includes(zip64Mark)) {
      return yield* unreadable(`${entry.name} is in the zip64 format; unpack the archive and import the folder`)
    }
    if (entry.method !== methods.stored && entry.method !== methods.deflated) {
      return yield* unreadable(`${entry.name} is compressed by method ${entry.method}; unpack it and import the folder`)
    }
    const local = yield* attempt(() => readAt(handle, entry.offset, localBytes))
    if (local.length < localBytes || local.readUInt32LE(0) !== localSignature) {
      return yield* unreadable(`${entry.name} is damaged`)
    }
    return entry.offset + localBytes + local.readUInt16LE(26) + local.readUInt16LE(28)
  })

  const read = (entry: ZipEntry) =>
    Stream.unwrap(Effect.map(dataStart(entry), (start) => {
      if (entry.compressedBytes === 0) return Stream.empty
      const raw = handle.createReadStream({ start, end: start + entry.compressedBytes - 1, autoClose: false })
      // The inflater gets the reader's failures from the pipeline and reports them to whoever reads it.
      const source = entry.method === methods.stored ? raw : pipeline(raw, createInflateRaw(), () => {})
      const chunks: AsyncIterable<Uint8Array> = source
      return Stream.fromAsyncIterable(chunks, (cause) => unreadable(`${entry.name}: ${String(cause)}`)).pipe(
        checked(entry, () => unreadable(`${entry.name} is damaged: its checksum or length is wrong`))
      )
    }))

  return { entries, read }
})

/** Fails as soon as an entry grows beyond its stated length, or at the end if it is not what was packed. */
const checked =
  (entry: ZipEntry, damaged: () => FeedUnreadable) => (chunks: Stream.Stream<Uint8Array, FeedUnreadable>) =>
    Stream.suspend(() => {
      let bytes = 0
      let crc = 0
      return Stream.concat(
        Stream.mapEffect(chunks, (chunk) => {
          bytes += chunk.length
          crc = crc32(chunk, crc)
          return bytes > entry.bytes ? Effect.fail(damaged()) : Effect.succeed(chunk)
        }),
        Stream.fromEffectDrain(
          Effect.suspend(() => bytes === entry.bytes && crc === entry.crc ? Effect.void : Effect.fail(damaged()))
        )
      )
    })

const readAt = async (handle: FileHandle, position: number, length: number): Promise<Buffer> => {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

const findEnd = (tail: Buffer): number => {
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (tail.readUInt32LE(at) === endSignature) return at
  }
  return -1
}

const parseDirectory = (directory: Buffer, count: number): Array<ZipEntry> | undefined => {
  const entries: Array<ZipEntry> = []
  let at = 0
  while (entries.length < count) {
    if (at + entryBytes > directory.length || directory.readUInt32LE(at) !== entrySignature) return undefined
    const nameBytes = directory.readUInt16LE(at + 28)
    entries.push({
      name: directory.toString("utf8", at + entryBytes, at + entryBytes + nameBytes),
      flags: directory.readUInt16LE(at + 8),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      compressedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42)
    })
    at += entryBytes + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
  return entries
}
