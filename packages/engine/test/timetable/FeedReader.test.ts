import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { FeedInvalid } from "../../src/timetable/FeedErrors.ts"
import { openFeed } from "../../src/timetable/FeedFiles.ts"
import { readFeed } from "../../src/timetable/FeedReader.ts"
import { edited, feedFolder, type FeedText, smallFeed, stopTimes } from "./FeedForTests.ts"
import { readTrains } from "./ReadFeedForTests.ts"

const isFeedInvalid = Schema.is(FeedInvalid)

const problemsOf = Effect.fnUntraced(function*(changes: FeedText, without: ReadonlyArray<string> = []) {
  const error = yield* Effect.flip(readTrains(changes, without))
  assert.isTrue(isFeedInvalid(error))
  return error.message
})

describe("FeedReader", () => {
  const cases: ReadonlyArray<readonly [title: string, changes: FeedText, expected: string]> = [
    [
      "a time that does not exist",
      edited("stop_times.txt", "09:05:00", "25:61:00"),
      "stop_times.txt:3, column departure_time: expected a time HH:MM:SS, got \"25:61:00\""
    ],
    [
      "a required value",
      edited("stop_times.txt", ",B,", ",,"),
      "stop_times.txt:3, column stop_id: this value is required"
    ],
    [
      "a required column",
      edited("trips.txt", "service_id", "service"),
      "trips.txt, column service_id: this required column is missing"
    ],
    [
      "an unknown stop",
      edited("stop_times.txt", ",B,", ",Z,"),
      "stop_times.txt:3, column stop_id: \"Z\" is not in stops.txt"
    ],
    [
      "an unknown route",
      edited("trips.txt", "r,daily", "q,daily"),
      "trips.txt:2, column route_id: \"q\" is not in routes.txt"
    ],
    [
      "an unknown service",
      edited("trips.txt", "daily", "never"),
      "trips.txt:2, column service_id: \"never\" is neither"
    ],
    [
      "a time zone of no place",
      edited("agency.txt", "Asia/Kolkata", "Mars/Olympus"),
      "agency.txt:2, column agency_timezone"
    ],
    [
      "a day that does not exist",
      edited("calendar.txt", "20261231", "20260230"),
      "calendar.txt:2, column end_date: expected a day"
    ],
    [
      "a calendar that ends before it begins",
      edited("calendar.txt", "20261231", "20261130"),
      "it is before start_date"
    ],
    ["a place off the globe", edited("stops.txt", "21.0,77.0", "91.0,77.0"), "stops.txt:3, column stop_lat"],
    [
      "a parent that is not there",
      edited("stops.txt", "Beetown,21.0,77.0,,", "Beetown,21.0,77.0,,Z"),
      "stops.txt:3, column parent_station"
    ],
    [
      "a circle of parents",
      edited("stops.txt", "Beetown,21.0,77.0,,", "Beetown,21.0,77.0,,B"),
      "leads round in a circle"
    ],
    [
      "a sequence number twice",
      edited("stop_times.txt", ",B,2", ",B,1"),
      "stop_times.txt:3, column stop_sequence: 1 stands twice"
    ],
    [
      "a train that arrives before it left",
      edited("stop_times.txt", "12:00:00,12:00:00", "09:04:00,12:00:00"),
      "stop_times.txt:4, column arrival_time: it is earlier"
    ],
    [
      "a train that leaves before it arrives",
      edited("stop_times.txt", "09:05:00", "08:59:00"),
      "stop_times.txt:3, column departure_time: it is earlier"
    ],
    [
      "no time at the last stop",
      edited("stop_times.txt", "12:00:00,12:00:00", ","),
      "stop_times.txt:4, column arrival_time: the last stop"
    ],
    [
      "a row that is too long",
      edited("trips.txt", "t,101", "t,101,x"),
      "trips.txt:2: it has 5 fields, and the header 4 columns"
    ],
    [
      "a trip that stands twice",
      edited("trips.txt", "r,daily,t,101", "r,daily,t,101\nr,daily,t,102"),
      "trips.txt:3, column trip_id: \"t\" stands twice"
    ],
    [
      "a control character in a name",
      edited("stops.txt", "Beetown", "Bee\u0000town"),
      "stops.txt:3, column stop_name: expected text without control"
    ],
    ["an empty file", { "stops.txt": "" }, "stops.txt: it is empty"]
  ]
  for (const [title, changes, expected] of cases) {
    it.effect(`names ${title}`, () =>
      Effect.gen(function*() {
        assert.include(yield* problemsOf(changes), expected)
      }))
  }

  it.effect("names a missing file", () =>
    Effect.gen(function*() {
      assert.include(yield* problemsOf({}, ["stops.txt"]), "stops.txt: this required file is missing")
      assert.include(yield* problemsOf({}, ["calendar.txt"]), "neither it nor calendar_dates.txt is there")
    }))

  it.effect("tells the line of a field that follows line breaks in quotes", () =>
    Effect.gen(function*() {
      const changes = edited(
        "trips.txt",
        "r,daily,t,101",
        "\"r\",\"da\n\nily\",t\"\",101\n\"r\",\"daily\",\"t\n2\",102"
      )
      assert.include(yield* problemsOf(changes), "trips.txt:2, column service_id")
    }))

  it.effect("names a file that is not in UTF-8", () =>
    Effect.gen(function*() {
      const files = Object.entries(smallFeed).map(([file, text]) => [file, Buffer.from(text, "utf8")] as const)
      const latin = Buffer.from(smallFeed["stops.txt"].replace("Beetown", "B\u00E9town"), "latin1")
      const folder = yield* feedFolder({ ...Object.fromEntries(files), "stops.txt": latin })
      const error = yield* Effect.flip(readFeed(yield* openFeed(folder), () => Effect.void))
      assert.include(error.message, "stops.txt: it is not in UTF-8")
    }))

  it.effect("collects twenty problems and stops", () =>
    Effect.gen(function*() {
      const rows = Array.from({ length: 50 }, (_, index) => `t,8:0,09:00:00,A,${index}`)
      const message = yield* problemsOf(stopTimes(...rows))
      assert.strictEqual(message.split("\n").filter((line) => line.startsWith("stop_times.txt:")).length, 20)
      assert.include(message, "the first 20")
    }))
})
