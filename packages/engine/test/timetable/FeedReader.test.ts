import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { openFeed } from "../../src/timetable/FeedFiles.ts"
import { readFeed } from "../../src/timetable/FeedReader.ts"
import { type FeedTrain, feedTrains } from "../../src/timetable/FeedTrains.ts"
import { tripPaths } from "../../src/timetable/TripPaths.ts"
import { feedFolder, type FeedText, smallFeed } from "./FeedForTests.ts"

const read = Effect.fnUntraced(function*(changes: FeedText, without: ReadonlyArray<string> = []) {
  const files = Object.entries({ ...smallFeed, ...changes }).filter(([file]) => !without.includes(file))
  const feed = yield* readFeed(yield* openFeed(yield* feedFolder(Object.fromEntries(files))), () => Effect.void)
  const paths = tripPaths(feed)
  const warnings: Array<string> = []
  const trains = feedTrains(feed, paths.trips, (warning) => warnings.push(warning))
  yield* feed.log.failIfAny
  return { feed, paths, trains, warnings, skipped: feed.skips.toRecord() }
})

const problemsOf = Effect.fnUntraced(function*(changes: FeedText, without: ReadonlyArray<string> = []) {
  const error = yield* Effect.flip(read(changes, without))
  assert.strictEqual(error._tag, "FeedInvalid")
  return error.message
})

const stopTimes = (...rows: ReadonlyArray<string>): FeedText => ({
  "stop_times.txt": ["trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled", ...rows].join("\n")
})

const edited = (file: keyof typeof smallFeed, from: string, to: string): FeedText => {
  const text: string = smallFeed[file]
  assert.include(text, from)
  return { [file]: text.replaceAll(from, to) }
}

const callsOf = (train: FeedTrain | undefined) =>
  train?.services[0]?.stops.map((stop) => [stop.station, stop.arrivalSeconds / 60, stop.departureSeconds / 60])

const metresOf = (train: FeedTrain | undefined) => train?.services[0]?.stops.map(({ metres }) => metres)

describe("FeedReader: what is wrong with a feed", () => {
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
    ["an unknown stop", edited("stop_times.txt", ",B,", ",Z,"), "stop_times.txt:3, column stop_id: \"Z\" is not in stops.txt"],
    ["an unknown route", edited("trips.txt", "r,daily", "q,daily"), "trips.txt:2, column route_id: \"q\" is not in routes.txt"],
    ["an unknown service", edited("trips.txt", "daily", "never"), "trips.txt:2, column service_id: \"never\" is neither"],
    ["a time zone of no place", edited("agency.txt", "Asia/Kolkata", "Mars/Olympus"), "agency.txt:2, column agency_timezone"],
    ["a day that does not exist", edited("calendar.txt", "20261231", "20260230"), "calendar.txt:2, column end_date: expected a day"],
    ["a calendar that ends before it begins", edited("calendar.txt", "20261231", "20261130"), "it is before start_date"],
    ["a place off the globe", edited("stops.txt", "21.0,77.0", "91.0,77.0"), "stops.txt:3, column stop_lat"],
    ["a parent that is not there", edited("stops.txt", "Beetown,21.0,77.0,,", "Beetown,21.0,77.0,,Z"), "stops.txt:3, column parent_station"],
    ["a circle of parents", edited("stops.txt", "Beetown,21.0,77.0,,", "Beetown,21.0,77.0,,B"), "leads round in a circle"],
    ["a sequence number twice", edited("stop_times.txt", ",B,2", ",B,1"), "stop_times.txt:3, column stop_sequence: 1 stands twice"],
    ["a train that arrives before it left", edited("stop_times.txt", "12:00:00,12:00:00", "09:04:00,12:00:00"), "stop_times.txt:4, column arrival_time: it is earlier"],
    ["a train that leaves before it arrives", edited("stop_times.txt", "09:05:00", "08:59:00"), "stop_times.txt:3, column departure_time: it is earlier"],
    ["no time at the last stop", edited("stop_times.txt", "12:00:00,12:00:00", ","), "stop_times.txt:4, column arrival_time: the last stop"],
    ["a row that is too long", edited("trips.txt", "t,101", "t,101,x"), "trips.txt:2: it has 5 fields, and the header 4 columns"],
    ["a trip that stands twice", edited("trips.txt", "r,daily,t,101", "r,daily,t,101\nr,daily,t,102"), "trips.txt:3, column trip_id: \"t\" stands twice"],
    ["a control character in a name", edited("stops.txt", "Beetown", "Bee\u0000town"), "stops.txt:3, column stop_name: expected text without control"],
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
      const changes = edited("trips.txt", "r,daily,t,101", "\"r\",\"da\n\nily\",t\"\",101\n\"r\",\"daily\",\"t\n2\",102")
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

describe("FeedReader: what a feed may look like", () => {
  it.effect("takes a byte-order mark, CRLF, quotes, unknown and missing trailing columns", () =>
    Effect.gen(function*() {
      const changes = {
        "stops.txt": "\uFEFFstop_id,extra,\"stop_name\",stop_lat,stop_lon,parent_station\r\n" +
          "\"A\",x,\"Aville, \"\"old\"\"\",20,77\r\n\r\nB,,Beetown,21,77\r\nC,,Ceeham,24,77,"
      }
      const { feed } = yield* read(changes)
      assert.deepStrictEqual(feed.stops.stations.map(({ name }) => name), ["Aville, \"old\"", "Beetown", "Ceeham"])
    }))

  it.effect("sorts stops by their sequence", () =>
    Effect.gen(function*() {
      const { trains } = yield* read(stopTimes(
        "t,12:00:00,12:00:00,C,30,400",
        "t,08:00:00,08:00:00,A,2,0",
        "t,09:00:00,09:05:00,B,10,110"
      ))
      assert.deepStrictEqual(callsOf(trains[0]), [["A", 480, 480], ["B", 540, 545], ["C", 720, 720]])
    }))

  it.effect("sets missing times by distance", () =>
    Effect.gen(function*() {
      const { trains } = yield* read(stopTimes("t,08:00:00,08:00:00,A,1,0", "t,,,B,2,100", "t,12:00:00,,C,3,400"))
      assert.deepStrictEqual(callsOf(trains[0]), [["A", 480, 480], ["B", 540, 540], ["C", 720, 720]])
    }))

  it.effect("counts on past midnight, and moves a train that leaves after 24:00 to the next day", () =>
    Effect.gen(function*() {
      const { trains } = yield* read({
        ...stopTimes("t,23:50:00,25:10:00,A,1,0", "t,26:00:00,26:00:00,B,2,100", "t,49:00:00,49:30:00,C,3,400"),
        ...edited("calendar.txt", "1,1,1,1,1,1,1", "0,0,0,0,0,0,1")
      })
      assert.deepStrictEqual(callsOf(trains[0]), [["A", 70, 70], ["B", 120, 120], ["C", 1500, 1500]])
      assert.strictEqual(trains[0]?.services[0]?.pattern.weekdays, 1, "Sunday's train leaves on Monday")
    }))

  it.effect("takes platforms for their station, and two platforms in a row for one call", () =>
    Effect.gen(function*() {
      const { trains } = yield* read({
        ...edited("stops.txt", "B,Beetown,21.0,77.0,,", "B,Beetown,21.0,77.0,1,\nB/1,,21.0,77.0,0,B\nB/2,,,,0,B"),
        ...stopTimes(
          "t,08:00:00,08:00:00,A,1,",
          "t,09:00:00,09:05:00,B/1,2,",
          "t,09:10:00,09:20:00,B/2,3,",
          "t,12:00:00,12:00:00,C,4,"
        )
      })
      assert.deepStrictEqual(callsOf(trains[0]), [["A", 480, 480], ["B", 540, 560], ["C", 720, 720]])
    }))

  it.effect("leaves out stops where nobody may get on or off", () =>
    Effect.gen(function*() {
      const { trains } = yield* read({
        "stop_times.txt": smallFeed["stop_times.txt"].replace("sequence", "sequence,pickup_type,drop_off_type")
          .replace(",B,2", ",B,2,1,1")
      })
      assert.deepStrictEqual(callsOf(trains[0])?.map(([station]) => station), ["A", "C"])
    }))

  for (const [unit, factor] of [["kilometres", 1], ["metres", 1000]] as const) {
    it.effect(`tells by the coordinates that distances are in ${unit}`, () =>
      Effect.gen(function*() {
        const { paths, trains } = yield* read(stopTimes(
          "t,08:00:00,08:00:00,A,1,",
          `t,09:00:00,09:05:00,B,2,${120 * factor}`,
          `t,12:00:00,12:00:00,C,3,${470 * factor}`
        ))
        assert.strictEqual(paths.unit, unit)
        assert.deepStrictEqual(metresOf(trains[0]), [0, 120_000, 470_000])
      }))
  }

  it.effect("measures straight lines where distances are missing or go back, and says so", () =>
    Effect.gen(function*() {
      for (const [second, third] of [["", "470"], ["200", "100"]]) {
        const { paths, trains } = yield* read(stopTimes(
          "t,08:00:00,08:00:00,A,1,0",
          `t,09:00:00,09:05:00,B,2,${second}`,
          `t,12:00:00,12:00:00,C,3,${third}`
        ))
        assert.strictEqual(paths.computed, 1)
        const [origin, first = 0, last = 0] = metresOf(trains[0]) ?? []
        assert.strictEqual(origin, 0)
        assert.closeTo(first, 111_195, 100, "a degree of latitude")
        assert.closeTo(last, 444_780, 400)
      }
    }))

  it.effect("reads calendar_dates alone, and days that it adds outside of a calendar", () =>
    Effect.gen(function*() {
      const dates = "service_id,date,exception_type\ndaily,20270105,1\ndaily,20261224,2\n"
      const alone = yield* read({ "calendar_dates.txt": dates }, ["calendar.txt"])
      assert.deepStrictEqual(alone.trains[0]?.services[0]?.pattern.exceptions, [])
      const both = (yield* read({ "calendar_dates.txt": dates })).trains[0]?.services[0]?.pattern
      assert.strictEqual((both?.lastDay ?? 0) - (both?.firstDay ?? 0), 35, "1 December to 5 January")
      assert.deepStrictEqual(both?.exceptions.map(({ runs }) => runs), [false, false, false, false, false])
    }))

  it.effect("gives each train the time zone of its agency", () =>
    Effect.gen(function*() {
      const { trains } = yield* read({
        "agency.txt": `${smallFeed["agency.txt"]}S,South,https://example.org,Asia/Colombo\n`,
        "routes.txt": `${smallFeed["routes.txt"]}s,S,101,South Express,2\n`,
        "trips.txt": `${smallFeed["trips.txt"]}s,daily,u,101\n`,
        ...stopTimes("t,08:00:00,,A,1,", "t,09:00:00,,B,2,", "u,08:00:00,,A,1,", "u,09:00:00,,B,2,")
      })
      assert.deepStrictEqual(trains.map(({ timeZone }) => timeZone), ["Asia/Kolkata", "Asia/Colombo"])
      assert.strictEqual(trains[0]?.id, "101")
      assert.match(trains[1]?.id ?? "", /^101-[0-9a-f]{6}$/, "another agency's train of that number")
    }))

  it.effect("maps names of trains into ids, the same in any order", () =>
    Effect.gen(function*() {
      const names = ["ICE 5", "ICE/5", "ICE-5", "x".repeat(40)]
      const ids = Effect.fnUntraced(function*(order: ReadonlyArray<string>) {
        const { trains } = yield* read({
          "trips.txt": ["route_id,service_id,trip_id,trip_short_name", ...order.map((name) => `r,daily,${name},${name}`)].join("\n"),
          ...stopTimes(...order.flatMap((name) => [`${name},08:00:00,,A,1,`, `${name},09:00:00,,B,2,`]))
        })
        return trains.map(({ id }) => id).toSorted()
      })
      const first = yield* ids(names)
      assert.deepStrictEqual(yield* ids(names.toReversed()), first)
      assert.strictEqual(new Set(first).size, 4)
      assert.isTrue(first.every((id) => /^[A-Za-z0-9._-]{1,32}$/.test(id)))
      assert.include(first, "ICE-5")
    }))

  it.effect("makes one train of the trips of one name, and keeps the first where two share a day", () =>
    Effect.gen(function*() {
      const { trains, warnings } = yield* read({
        "trips.txt": `${smallFeed["trips.txt"]}r,sunday,u,101\n`,
        "calendar.txt": `${smallFeed["calendar.txt"].replace("1,1,1,1,1,1,1", "1,1,1,1,1,1,0")}sunday,0,0,0,0,0,1,1,20261201,20261231\n`,
        ...stopTimes("t,08:00:00,,A,1,", "t,09:00:00,,B,2,", "u,08:00:00,,A,1,", "u,09:00:00,,C,2,")
      })
      assert.strictEqual(trains.length, 1)
      assert.deepStrictEqual(trains[0]?.services.map(({ pattern }) => pattern.weekdays), [0b0111111, 0b1000000])
      assert.deepStrictEqual(warnings, ["Train 101: on 4 days trip u and trip t both run; t is kept"])
    }))

  it.effect("takes a line's name that trips share on a day for no train's name", () =>
    Effect.gen(function*() {
      const { trains } = yield* read({
        "trips.txt": "route_id,service_id,trip_id\nr,daily,t\nr,daily,u\n",
        ...stopTimes("t,08:00:00,,A,1,", "t,09:00:00,,B,2,", "u,18:00:00,,A,1,", "u,19:00:00,,B,2,")
      })
      assert.deepStrictEqual(trains.map(({ id }) => id), ["t", "u"])
    }))

  it.effect("leaves out what is not rail, runs by frequency, calls once or never runs, and counts it", () =>
    Effect.gen(function*() {
      const { skipped, trains } = yield* read({
        "routes.txt": `${smallFeed["routes.txt"]}bus,R,1,Bus,3\nmetro,R,2,Metro,401\nfast,R,3,Fast,101\n`,
        "trips.txt": `${smallFeed["trips.txt"]}bus,x,b,\nmetro,x,m,\nfast,daily,f,\nfast,daily,often,9\nfast,daily,once,8\nfast,past,p,7\n`,
        "calendar.txt": `${smallFeed["calendar.txt"]}past,1,1,1,1,1,1,1,20150101,20151231\n`,
        "frequencies.txt": "trip_id,start_time,end_time,headway_secs\noften,08:00:00,10:00:00,600\n",
        ...stopTimes(
          ...["t", "f", "often", "b", "p"].flatMap((trip) => [`${trip},08:00:00,,A,1,`, `${trip},09:00:00,,B,2,`]),
          "once,08:00:00,,A,1,"
        )
      })
      assert.deepStrictEqual(trains.map(({ id }) => id), ["101", "3"])
      assert.deepStrictEqual(skipped, {
        "trips that are not rail": 2,
        "trips by frequency (frequencies.txt)": 1,
        "trips with fewer than two stops": 1,
        "trips without a running day from 2020 to 2099": 1
      })
    }))
})
