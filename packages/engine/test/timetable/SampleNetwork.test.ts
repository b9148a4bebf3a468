import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const folder = new URL("../../data/sample-network/", import.meta.url)

type Row = (column: string) => string

/** Enough CSV for files that this project wrote itself: a quoted field never holds a quote or a line break. */
const cells = (line: string): Array<string> =>
  Array.from(line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g), ([, quoted, plain]) => quoted ?? plain ?? "")

const read = (file: string): Array<Row> => {
  const [header = "", ...lines] = readFileSync(new URL(file, folder), "utf8").trimEnd().split("\n")
  const columns = cells(header)
  return lines.map((line) => {
    const values = cells(line)
    assert.strictEqual(values.length, columns.length, `${file}: ${line}`)
    return (column) => {
      const value = values[columns.indexOf(column)]
      assert.isDefined(value, `${file} has no column ${column}`)
      return value
    }
  })
}

const keyed = (rows: ReadonlyArray<Row>, column: string): Map<string, Row> => {
  const byKey = new Map(rows.map((row) => [row(column), row] as const))
  assert.strictEqual(byKey.size, rows.length, `${column} is unique`)
  return byKey
}

const stations = keyed(read("stops.txt"), "stop_id")
const routes = keyed(read("routes.txt"), "route_id")
const trips = keyed(read("trips.txt"), "trip_id")
const services = keyed(read("calendar.txt"), "service_id")
const exceptions = read("calendar_dates.txt")
const classes = read("classes.txt")
const stopTimes = Map.groupBy(read("stop_times.txt"), (row) => row("trip_id"))

const minutes = (time: string): number => {
  const [, hour, minute] = /^(\d{2}):([0-5]\d):00$/.exec(time) ?? []
  const total = Number(hour) * 60 + Number(minute)
  assert.isFalse(Number.isNaN(total), `${time} is a time`)
  return total
}

const stopsOf = (tripId: string) =>
  (stopTimes.get(tripId) ?? []).map((row) => ({
    station: row("stop_id"),
    sequence: Number(row("stop_sequence")),
    arrival: minutes(row("arrival_time")),
    departure: minutes(row("departure_time")),
    kilometre: Number(row("shape_dist_traveled"))
  }))

/** Every pair of neighbouring stops in the network, with a name for the message of a failed assertion. */
const legs = Array.from(trips.keys()).flatMap((tripId) => {
  const stops = stopsOf(tripId)
  return stops.slice(1).flatMap((to, index) => {
    const from = stops[index]
    return from === undefined ? [] : [{ from, to, name: `${tripId} ${from.station} → ${to.station}` }]
  })
})

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const

const daysCovered = 1096

const dates = Array.from({ length: daysCovered }, (_, day) => {
  const at = new Date(Date.UTC(2026, 0, 1 + day))
  return { date: at.toISOString().slice(0, 10).replaceAll("-", ""), weekday: weekdays[at.getUTCDay()] ?? "" }
})

const found = <A>(map: ReadonlyMap<string, A>, key: string): A => {
  const value = map.get(key)
  assert.isDefined(value, `${key} resolves`)
  return value
}

/** The dates of each service before its exceptions. */
const regularDates = new Map(
  Array.from(services, ([serviceId, service]) => {
    const running = dates.filter(({ weekday }) => service(weekday) === "1").map(({ date }) => date)
    return [serviceId, new Set(running)] as const
  })
)

const datesOf = (serviceId: string): Set<string> => {
  const running = new Set(found(regularDates, serviceId))
  for (const row of exceptions.filter((exception) => exception("service_id") === serviceId)) {
    if (row("exception_type") === "1") running.add(row("date"))
    else running.delete(row("date"))
  }
  return running
}

const straightKilometres = (from: Row, to: Row): number => {
  const kilometresPerDegree = 111.2
  const north = Number(from("stop_lat")) - Number(to("stop_lat"))
  const east = (Number(from("stop_lon")) - Number(to("stop_lon"))) *
    Math.cos(Number(from("stop_lat")) * Math.PI / 180)
  return kilometresPerDegree * Math.hypot(north, east)
}

describe("the sample network", () => {
  it("says that it is sample data", () => {
    const [info] = read("feed_info.txt")
    assert.strictEqual(
      info?.("feed_publisher_name"),
      "Berth sample data, written for this project; not an official timetable"
    )
    assert.deepStrictEqual(read("agency.txt").map((row) => row("agency_timezone")), ["Asia/Kolkata"])
  })

  it("has at least 36 trains, many of them in both directions", () => {
    const numbers = new Set(Array.from(trips.values(), (trip) => trip("trip_short_name")))
    assert.isAtLeast(numbers.size, 36)
    for (const number of ["12345", "12346", "12301", "12302", "12951", "12952", "22435", "22436", "16317", "16318"]) {
      assert.isTrue(numbers.has(number), number)
    }
  })

  it("runs the Saraighat Express from Howrah to Guwahati every day, with sleepers", () => {
    const stops = stopsOf("12345")
    assert.strictEqual(stops[0]?.station, "HWH")
    assert.strictEqual(stops.at(-1)?.station, "GHY")
    assert.strictEqual(datesOf(found(trips, "12345")("service_id")).size, dates.length)
    assert.isTrue(classes.some((row) => row("trip_id") === "12345" && row("travel_class") === "SL"))
  })

  it("carries all eight classes, and some class on every trip", () => {
    assert.deepStrictEqual(
      Array.from(new Set(classes.map((row) => row("travel_class")))).toSorted(),
      ["1A", "2A", "2S", "3A", "3E", "CC", "EC", "SL"]
    )
    assert.deepStrictEqual(new Set(classes.map((row) => row("trip_id"))), new Set(trips.keys()))
    assert.strictEqual(
      new Set(classes.map((row) => `${row("trip_id")} ${row("travel_class")}`)).size,
      classes.length,
      "no class is given twice"
    )
  })

  it("resolves every reference, and uses all that it defines", () => {
    const serving = Array.from(stopTimes.values()).flat()
    assert.deepStrictEqual(new Set(stopTimes.keys()), new Set(trips.keys()))
    assert.deepStrictEqual(new Set(serving.map((row) => row("stop_id"))), new Set(stations.keys()))
    assert.deepStrictEqual(new Set(Array.from(trips.values(), (trip) => trip("route_id"))), new Set(routes.keys()))
    assert.deepStrictEqual(new Set(Array.from(trips.values(), (trip) => trip("service_id"))), new Set(services.keys()))
    for (const row of exceptions) found(services, row("service_id"))
    for (const route of routes.values()) assert.strictEqual(route("agency_id"), "IR")
    for (const [tripId, trip] of trips) {
      assert.strictEqual(found(routes, trip("route_id"))("route_short_name"), trip("trip_short_name"))
      const terminus = found(stations, stopsOf(tripId).at(-1)?.station ?? "")
      assert.strictEqual(trip("trip_headsign"), terminus("stop_name"))
    }
  })

  it("moves forward in sequence, time and distance at every stop", () => {
    for (const tripId of trips.keys()) {
      const stops = stopsOf(tripId)
      assert.isAtLeast(stops.length, 2, tripId)
      assert.strictEqual(stops[0]?.kilometre, 0, tripId)
      assert.deepStrictEqual(stops.map((stop) => stop.sequence), stops.map((_, index) => index + 1), tripId)
      assert.strictEqual(
        new Set(stops.map((stop) => stop.station)).size,
        stops.length,
        `${tripId} calls once a station`
      )
      for (const stop of stops) assert.isAtLeast(stop.departure, stop.arrival, `${tripId} ${stop.station}`)
    }
    for (const { from, to, name } of legs) {
      assert.isAbove(to.arrival, from.departure, name)
      assert.isAbove(to.kilometre, from.kilometre, name)
    }
  })

  it("travels between 15 and 160 km/h, and no shorter than the straight line", () => {
    // Kilometres are rounded to five and coordinates to about one, so a leg may seem a little short.
    const roundingKilometres = 5
    for (const { from, to, name } of legs) {
      const kilometres = to.kilometre - from.kilometre
      const speed = kilometres / ((to.arrival - from.departure) / 60)
      assert.isTrue(speed >= 15 && speed <= 160, `${name} at ${speed} km/h`)
      const straight = straightKilometres(found(stations, from.station), found(stations, to.station))
      assert.isAtLeast(kilometres + roundingKilometres, straight, name)
    }
  })

  it("lies within India", () => {
    for (const [code, station] of stations) {
      const latitude = Number(station("stop_lat"))
      const longitude = Number(station("stop_lon"))
      assert.isTrue(latitude > 8 && latitude < 37.1 && longitude > 68.1 && longitude < 97.5, code)
    }
  })

  it("passes midnight three times on its longest journey, which takes more than 70 hours", () => {
    assert.isAbove(stopsOf("16317").at(-1)?.arrival ?? 0, 3 * 24 * 60)
    for (const tripId of ["16317", "16318"]) {
      const stops = stopsOf(tripId)
      assert.isAbove((stops.at(-1)?.arrival ?? 0) - (stops[0]?.departure ?? 0), 70 * 60, tripId)
      assert.closeTo(datesOf(found(trips, tripId)("service_id")).size, dates.length / 7, 2, "weekly")
    }
  })

  it("never runs two trips of one train on one day, and has trains with two", () => {
    const byTrain = Map.groupBy(trips.values(), (trip) => trip("trip_short_name"))
    const twofold = Array.from(byTrain).filter(([, patterns]) => patterns.length > 1)
    assert.deepStrictEqual(twofold.map(([number]) => number), ["12123", "12124"])
    for (const [number, patterns] of twofold) {
      const days = patterns.flatMap((trip) => Array.from(datesOf(trip("service_id"))))
      assert.strictEqual(new Set(days).size, days.length, number)
      assert.strictEqual(days.length, dates.length, `${number} runs every day by one trip or the other`)
      const lists = patterns.map((trip) => stopsOf(trip("trip_id")).map((stop) => stop.station).join(" "))
      assert.strictEqual(new Set(lists).size, patterns.length, `${number} has a stop list for each trip`)
    }
  })

  it("has exceptions that change something: added days were off, removed days were on", () => {
    assert.isNotEmpty(exceptions)
    for (const row of exceptions) {
      const wasRunning = found(regularDates, row("service_id")).has(row("date"))
      assert.strictEqual(row("exception_type"), wasRunning ? "2" : "1", `${row("service_id")} ${row("date")}`)
      assert.isTrue(dates.some(({ date }) => date === row("date")), row("date"))
    }
  })

  it("covers 2026 to 2028 with every calendar", () => {
    for (const service of services.values()) {
      assert.deepStrictEqual([service("start_date"), service("end_date")], ["20260101", "20281231"])
    }
  })
})
