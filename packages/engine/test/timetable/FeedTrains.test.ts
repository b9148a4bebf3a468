import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { FeedTrain } from "../../src/timetable/FeedTrains.ts"
import { edited, smallFeed, stopTimes } from "./FeedForTests.ts"
import { readTrains } from "./ReadFeedForTests.ts"

const callsOf = (train: FeedTrain | undefined) =>
  train?.services[0]?.stops.map((stop) => [stop.station, stop.arrivalSeconds / 60, stop.departureSeconds / 60])

const metresOf = (train: FeedTrain | undefined) => train?.services[0]?.stops.map(({ metres }) => metres)

describe("FeedTrains", () => {
  it.effect("takes a byte-order mark, CRLF, quotes, unknown and missing trailing columns", () =>
    Effect.gen(function*() {
      const changes = {
        "stops.txt": "\uFEFFstop_id,extra,\"stop_name\",stop_lat,stop_lon,parent_station\r\n" +
          "\"A\",x,\"Aville, \"\"old\"\"\",20,77\r\n\r\nB,,Beetown,21,77\r\nC,,Ceeham,24,77,"
      }
      const { feed } = yield* readTrains(changes)
      assert.deepStrictEqual(feed.stops.stations.map(({ name }) => name), ["Aville, \"old\"", "Beetown", "Ceeham"])
    }))

  it.effect("sorts stops by their sequence", () =>
    Effect.gen(function*() {
      const { trains } = yield* readTrains(stopTimes(
        "t,12:00:00,12:00:00,C,30,400",
        "t,08:00:00,08:00:00,A,2,0",
        "t,09:00:00,09:05:00,B,10,110"
      ))
      assert.deepStrictEqual(callsOf(trains[0]), [["A", 480, 480], ["B", 540, 545], ["C", 720, 720]])
    }))

  it.effect("sets missing times by distance", () =>
    Effect.gen(function*() {
      const { trains } = yield* readTrains(stopTimes("t,08:00:00,08:00:00,A,1,0", "t,,,B,2,100", "t,12:00:00,,C,3,400"))
      assert.deepStrictEqual(callsOf(trains[0]), [["A", 480, 480], ["B", 540, 540], ["C", 720, 720]])
    }))

  it.effect("counts on past midnight, and moves a train that leaves after 24:00 to the next day", () =>
    Effect.gen(function*() {
      const { trains } = yield* readTrains({
        ...stopTimes("t,23:50:00,25:10:00,A,1,0", "t,26:00:00,26:00:00,B,2,100", "t,49:00:00,49:30:00,C,3,400"),
        ...edited("calendar.txt", "1,1,1,1,1,1,1", "0,0,0,0,0,0,1")
      })
      assert.deepStrictEqual(callsOf(trains[0]), [["A", 70, 70], ["B", 120, 120], ["C", 1500, 1500]])
      assert.strictEqual(trains[0]?.services[0]?.pattern.weekdays, 1, "Sunday's train leaves on Monday")
    }))

  it.effect("takes platforms for their station, and two platforms in a row for one call", () =>
    Effect.gen(function*() {
      const { trains } = yield* readTrains({
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
      const { trains } = yield* readTrains({
        "stop_times.txt": smallFeed["stop_times.txt"].replace("sequence", "sequence,pickup_type,drop_off_type")
          .replace(",B,2", ",B,2,1,1")
      })
      assert.deepStrictEqual(callsOf(trains[0])?.map(([station]) => station), ["A", "C"])
    }))

  for (const [unit, factor] of [["kilometres", 1], ["metres", 1000]] as const) {
    it.effect(`tells by the coordinates that distances are in ${unit}`, () =>
      Effect.gen(function*() {
        const { paths, trains } = yield* readTrains(stopTimes(
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
        const { paths, trains } = yield* readTrains(stopTimes(
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
      const alone = yield* readTrains({ "calendar_dates.txt": dates }, ["calendar.txt"])
      assert.deepStrictEqual(alone.trains[0]?.services[0]?.pattern.exceptions, [])
      const both = (yield* readTrains({ "calendar_dates.txt": dates })).trains[0]?.services[0]?.pattern
      assert.strictEqual((both?.lastDay ?? 0) - (both?.firstDay ?? 0), 35, "1 December to 5 January")
      assert.deepStrictEqual(both?.exceptions.map(({ runs }) => runs), [false, false, false, false, false])
    }))

  it.effect("gives each train the time zone of its agency", () =>
    Effect.gen(function*() {
      const { trains } = yield* readTrains({
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
        const { trains } = yield* readTrains({
          "trips.txt": [
            "route_id,service_id,trip_id,trip_short_name",
            ...order.map((name) => `r,daily,${name},${name}`)
          ].join("\n"),
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
      const { trains, warnings } = yield* readTrains({
        "trips.txt": `${smallFeed["trips.txt"]}r,sunday,u,101\n`,
        "calendar.txt": `${
          smallFeed["calendar.txt"].replace("1,1,1,1,1,1,1", "1,1,1,1,1,1,0")
        }sunday,0,0,0,0,0,1,1,20261201,20261231\n`,
        ...stopTimes("t,08:00:00,,A,1,", "t,09:00:00,,B,2,", "u,08:00:00,,A,1,", "u,09:00:00,,C,2,")
      })
      assert.strictEqual(trains.length, 1)
      assert.deepStrictEqual(trains[0]?.services.map(({ pattern }) => pattern.weekdays), [0b0111111, 0b1000000])
      assert.deepStrictEqual(warnings, ["Train 101: on 4 days trip u and trip t both run; t is kept"])
    }))

  it.effect("takes a line's name that trips share on a day for no train's name", () =>
    Effect.gen(function*() {
      const { trains } = yield* readTrains({
        "trips.txt": "route_id,service_id,trip_id\nr,daily,t\nr,daily,u\n",
        ...stopTimes("t,08:00:00,,A,1,", "t,09:00:00,,B,2,", "u,18:00:00,,A,1,", "u,19:00:00,,B,2,")
      })
      assert.deepStrictEqual(trains.map(({ id }) => id), ["t", "u"])
    }))

  it.effect("leaves out what is not rail, runs by frequency, calls once or never runs, and counts it", () =>
    Effect.gen(function*() {
      const { skipped, trains } = yield* readTrains({
        "routes.txt": `${smallFeed["routes.txt"]}bus,R,1,Bus,3\nmetro,R,2,Metro,401\nfast,R,3,Fast,101\n`,
        "trips.txt": `${
          smallFeed["trips.txt"]
        }bus,x,b,\nmetro,x,m,\nfast,daily,f,\nfast,daily,often,9\nfast,daily,once,8\nfast,past,p,7\n`,
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
