import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { crc32, deflateRawSync } from "node:zlib"

export type FeedText = Readonly<Record<string, string>>

const lines = (...rows: ReadonlyArray<string>): string => `${rows.join("\n")}\n`

/** A small sound feed: train 101 from A by B to C, daily in December 2026. Tests replace the file they are about. */
export const smallFeed = {
  "agency.txt": lines("agency_id,agency_name,agency_url,agency_timezone", "R,Rail,https://example.org,Asia/Kolkata"),
  "stops.txt": lines(
    "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station",
    "A,Aville,20.0,77.0,,",
    "B,Beetown,21.0,77.0,,",
    "C,Ceeham,24.0,77.0,,"
  ),
  "routes.txt": lines("route_id,agency_id,route_short_name,route_long_name,route_type", "r,R,101,North Express,2"),
  "trips.txt": lines("route_id,service_id,trip_id,trip_short_name", "r,daily,t,101"),
  "calendar.txt": lines(
    "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
    "daily,1,1,1,1,1,1,1,20261201,20261231"
  ),
  "stop_times.txt": lines(
    "trip_id,arrival_time,departure_time,stop_id,stop_sequence",
    "t,08:00:00,08:00:00,A,1",
    "t,09:00:00,09:05:00,B,2",
    "t,12:00:00,12:00:00,C,3"
  )
} satisfies FeedText

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "berth-feed-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

export const feedFolder = Effect.fnUntraced(function*(files: FeedText | Readonly<Record<string, Uint8Array>>) {
  const folder = yield* temporaryFolder
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
})

export interface ZipOptions {
  readonly stored?: boolean
  readonly prefix?: string
  /** Changes an archive after it was packed. */
  readonly damage?: (archive: Buffer) => void
}

export const zipOf = (files: FeedText, { prefix = "", stored = false }: ZipOptions = {}): Buffer => {
  const parts: Array<Buffer> = []
  const directory: Array<Buffer> = []
  let offset = 0
  for (const [file, text] of Object.entries(files)) {
    const name = Buffer.from(`${prefix}${file}`)
    const content = Buffer.from(text)
    const packed = stored ? content : deflateRawSync(content)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(stored ? 0 : 8, 4)
    shared.writeUInt32LE(crc32(content), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(content.length, 18)
    shared.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from("PK\u0003\u0004"), shared, name, packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from("PK\u0001\u0002"), Buffer.from([20, 0]), shared, tail, name]))
    parts.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(directory.length, 4)
  end.writeUInt16LE(directory.length, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, central, Buffer.from("PK\u0005\u0006"), end])
}

export const feedZip = Effect.fnUntraced(function*(files: FeedText, options: ZipOptions = {}) {
  const archive = zipOf(files, options)
  options.damage?.(archive)
  const path = join(yield* temporaryFolder, "feed.zip")
  writeFileSync(path, archive)
  return path
})

export const stopTimes = (...rows: ReadonlyArray<string>): FeedText => ({
  "stop_times.txt": ["trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled", ...rows].join(
    "\n"
  )
})

/** The small feed with one text in one of its files replaced. */
export const edited = (file: keyof typeof smallFeed, from: string, to: string): FeedText => {
  const text: string = smallFeed[file]
  assert.include(text, from)
  return { [file]: text.replaceAll(from, to) }
}
