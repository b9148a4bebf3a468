import { TravelClass } from "@berth/domain/TravelClass"
import { DateTime, Option, Schema, SchemaTransformation } from "effect"
import { feedTable } from "./FeedTable.ts"

/*
 * The files of a GTFS feed (gtfs.org/documentation/schedule/reference) as far as reservation needs them. Empty values
 * count as absent.
 */

const textCharactersMax = 1_000

/** PostgreSQL refuses NUL and lone surrogates, and a line break in a name breaks every list it stands in. */
const Text = Schema.String.check(
  Schema.isPattern(/^[^\p{Cc}\p{Cs}]*$/u, { expected: "text without control characters" }),
  Schema.isMaxLength(textCharactersMax)
)

const time = /^(\d{1,3}):([0-5]\d):([0-5]\d)$/

/** Seconds since midnight of the service day; above 24:00:00 on the days that follow. */
export const FeedTime = Schema.String.check(Schema.isPattern(time, { expected: "a time HH:MM:SS" })).pipe(
  Schema.decodeTo(
    Schema.Int,
    SchemaTransformation.transform({
      decode: (text) => {
        const [, hours, minutes, seconds] = time.exec(text) ?? []
        return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
      },
      encode: (seconds) => {
        const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
        return parts.map((part) => String(part).padStart(2, "0")).join(":")
      }
    })
  )
)

const dayMillis = 86_400_000
const firstUnixDay = Date.UTC(2020, 0, 1) / dayMillis
const isoDate = (text: string): string => `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`

/** JavaScript takes 30 February for 2 March. */
const isRealDay = (date: string): boolean => {
  const millis = Date.parse(date)
  return Number.isFinite(millis) && new Date(millis).toISOString().startsWith(date)
}

/** Days since 2020-01-01, as domain/JourneyDate.ts counts them, but also before it: feeds carry old calendars along. */
export const FeedDate = Schema.String.check(
  Schema.isPattern(/^(19|20|21)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/, { expected: "a date YYYYMMDD" }),
  Schema.makeFilter((text: string) => isRealDay(isoDate(text)) ? undefined : "Expected a day that exists")
).pipe(
  Schema.decodeTo(
    Schema.Int,
    SchemaTransformation.transform({
      decode: (text) => Date.parse(isoDate(text)) / dayMillis - firstUnixDay,
      encode: (day) => new Date((day + firstUnixDay) * dayMillis).toISOString().slice(0, 10).replaceAll("-", "")
    })
  )
)

const TimeZone = Text.check(
  Schema.makeFilter((name: string) =>
    Option.isSome(DateTime.zoneMakeNamed(name)) ? undefined : "Expected a time zone of the IANA list, as Asia/Kolkata"
  )
)

const integer = (minimum: number, maximum: number) =>
  Schema.FiniteFromString.check(
    Schema.isInt({ expected: "a whole number" }),
    Schema.isBetween({ minimum, maximum })
  )
const degrees = (maximum: number) => Schema.FiniteFromString.check(Schema.isBetween({ minimum: -maximum, maximum }))
const Flag = Schema.Literals(["0", "1"])

export const agencyTable = feedTable(
  "agency.txt",
  Schema.Struct({
    agency_id: Schema.optionalKey(Text),
    agency_name: Text,
    agency_timezone: TimeZone
  })
)

export const feedInfoTable = feedTable(
  "feed_info.txt",
  Schema.Struct({ feed_publisher_name: Text, feed_version: Schema.optionalKey(Text) })
)

export const routesTable = feedTable(
  "routes.txt",
  Schema.Struct({
    route_id: Text,
    agency_id: Schema.optionalKey(Text),
    route_short_name: Schema.optionalKey(Text),
    route_long_name: Schema.optionalKey(Text),
    route_desc: Schema.optionalKey(Schema.String),
    route_type: integer(0, 1799)
  })
)

/** 0 or empty: stop or platform, 1: station, 2: entrance, 3: node, 4: boarding area. */
export const stopsTable = feedTable(
  "stops.txt",
  Schema.Struct({
    stop_id: Text,
    stop_name: Schema.optionalKey(Text),
    stop_lat: Schema.optionalKey(degrees(90)),
    stop_lon: Schema.optionalKey(degrees(180)),
    location_type: Schema.optionalKey(integer(0, 4)),
    parent_station: Schema.optionalKey(Text)
  })
)

export const calendarTable = feedTable(
  "calendar.txt",
  Schema.Struct({
    service_id: Text,
    monday: Flag,
    tuesday: Flag,
    wednesday: Flag,
    thursday: Flag,
    friday: Flag,
    saturday: Flag,
    sunday: Flag,
    start_date: FeedDate,
    end_date: FeedDate
  })
)

export const calendarDatesTable = feedTable(
  "calendar_dates.txt",
  Schema.Struct({ service_id: Text, date: FeedDate, exception_type: Schema.Literals(["1", "2"]) })
)

export const tripsTable = feedTable(
  "trips.txt",
  Schema.Struct({
    route_id: Text,
    service_id: Text,
    trip_id: Text,
    trip_headsign: Schema.optionalKey(Text),
    trip_short_name: Schema.optionalKey(Text)
  })
)

export const frequenciesTable = feedTable("frequencies.txt", Schema.Struct({ trip_id: Text }))

/** Berth's addition to GTFS: the classes of travel that a trip carries. */
export const classesTable = feedTable("classes.txt", Schema.Struct({ trip_id: Text, travel_class: TravelClass }))

/** Pickup and drop-off: 1 is none at all. */
export const stopTimesTable = feedTable(
  "stop_times.txt",
  Schema.Struct({
    trip_id: Text,
    arrival_time: Schema.optionalKey(FeedTime),
    departure_time: Schema.optionalKey(FeedTime),
    stop_id: Text,
    stop_sequence: integer(0, 2_147_483_647),
    pickup_type: Schema.optionalKey(integer(0, 3)),
    drop_off_type: Schema.optionalKey(integer(0, 3)),
    shape_dist_traveled: Schema.optionalKey(Schema.FiniteFromString.check(Schema.isGreaterThanOrEqualTo(0)))
  })
)
