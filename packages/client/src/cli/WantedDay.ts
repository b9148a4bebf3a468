import { addDays, JourneyDate } from "@berth/domain/JourneyDate"
import type { StationCode } from "@berth/domain/StationCode"
import type { TrainId } from "@berth/domain/TrainId"
import { DateTime, Effect, Option, Schema } from "effect"
import type { BookingClient } from "../BookingClient.ts"
import { WrongValue } from "./CliErrors.ts"
import { longDate } from "./DayText.ts"
import { line, span } from "./Line.ts"
import { say } from "./Screen.ts"

type Client = BookingClient["Service"]

/** A day as typed: one of the calendar, or so many days from today. */
type Wanted = { readonly date: JourneyDate } | { readonly daysAhead: number }

const daysAheadMax = 400

const decodeDate = Schema.decodeUnknownOption(JourneyDate)

/** Reads `2026-12-05`, `today`, `tomorrow` or `+3`. */
export const parseDay = (text: string): Effect.Effect<Wanted, WrongValue> => {
  const word = text.toLowerCase()
  if (word === "today") return Effect.succeed({ daysAhead: 0 })
  if (word === "tomorrow") return Effect.succeed({ daysAhead: 1 })
  const ahead = /^\+(\d{1,3})$/.exec(word)?.[1]
  if (ahead !== undefined && Number(ahead) <= daysAheadMax) return Effect.succeed({ daysAhead: Number(ahead) })
  return Option.match(decodeDate(text), {
    onNone: () =>
      Effect.fail(
        new WrongValue({ given: `The date ${text}`, expected: "Write 2026-12-05, today, tomorrow or +3." })
      ),
    onSome: (date) => Effect.succeed({ date })
  })
}

const dayIn = (now: DateTime.Utc, zone: DateTime.TimeZone) =>
  JourneyDate.make(DateTime.formatIsoDate(DateTime.setZone(now, zone)))

const sayTaken = (text: string, date: JourneyDate, zone: string) =>
  say(line(span(`${text} is ${longDate(date)}, ${date}, in ${zone}.`, "dim")))

/** The day that was meant, where the train runs; says on standard error which it is. */
export const runDay = Effect.fnUntraced(function*(client: Client, trainId: TrainId, text: string) {
  const wanted = yield* parseDay(text)
  if ("date" in wanted) return wanted.date
  const { timeZone } = yield* client.train({ trainId })
  const zone = DateTime.zoneMakeNamed(timeZone)
  // What is said names the zone that was counted in, also where this machine does not know the train's.
  const date = addDays(
    dayIn(yield* DateTime.now, Option.getOrElse(zone, () => DateTime.zoneMakeOffset(0))),
    wanted.daysAhead
  )
  yield* sayTaken(text, date, Option.isSome(zone) ? timeZone : `UTC, for want of the zone ${timeZone}`)
  return date
})

const offsetOf = (at: string): number | undefined => {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(at) ?? []
  if (sign === undefined) return at.endsWith("Z") ? 0 : undefined
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

/**
 * The day of departure that was meant, on the clocks of `from`, and the trains of that day. A station does not say its
 * zone, but the departures there do.
 */
export const departures = Effect.fnUntraced(function*(
  client: Client,
  journey: { readonly from: StationCode; readonly to: StationCode },
  text: string
) {
  const wanted = yield* parseDay(text)
  if ("date" in wanted) return { date: wanted.date, trains: yield* client.search({ ...journey, date: wanted.date }) }
  const now = yield* DateTime.now
  const guess = addDays(dayIn(now, DateTime.zoneMakeOffset(0)), wanted.daysAhead)
  const guessed = yield* client.search({ ...journey, date: guess })
  const offset = offsetOf(guessed[0]?.departsAt ?? "")
  const zone = offset === undefined ? DateTime.zoneMakeLocal() : DateTime.zoneMakeOffset(offset)
  const date = addDays(dayIn(now, zone), wanted.daysAhead)
  yield* sayTaken(
    text,
    date,
    offset === undefined ? `${DateTime.zoneToString(zone)}, this machine's zone` : `UTC${DateTime.zoneToString(zone)}`
  )
  return { date, trains: date === guess ? guessed : yield* client.search({ ...journey, date }) }
})
