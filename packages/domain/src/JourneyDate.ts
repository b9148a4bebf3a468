import { Schema } from "effect"

const dayMillis = 86_400_000

/** Day 0 of the day numbers below, in Unix days: 2020-01-01. */
const firstUnixDay = Date.UTC(2020, 0, 1) / dayMillis

const unixDay = (date: string): number => Date.parse(`${date}T00:00:00Z`) / dayMillis

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

// By arithmetic: making a Date of each request's text and printing it again took a fiftieth of a booking.
const isRealDay = (date: string): boolean => {
  const [year = 0, month = 0, day = 0] = [Number(date.slice(0, 4)), Number(date.slice(5, 7)), Number(date.slice(8))]
  const days = month === 2 && year % 4 === 0 ? 29 : daysOfMonth[month - 1] ?? 0
  return day >= 1 && day <= days
}

/** A day of the calendar, `YYYY-MM-DD`. For a run it is the day on which it leaves its origin, in the agency's time zone. */
export const JourneyDate = Schema.String.check(
  Schema.isPattern(/^20[2-9]\d-\d\d-\d\d$/, { expected: "a date as YYYY-MM-DD, from 2020 to 2099" }),
  Schema.makeFilter((date: string) => isRealDay(date) ? undefined : "Expected a day that exists in the calendar")
).pipe(Schema.brand("JourneyDate")).annotate({ identifier: "JourneyDate" })
export type JourneyDate = typeof JourneyDate.Type

/** Days since 2020-01-01; fits 15 bits until 2109, which is what a run id sets aside for it. */
export const toDayNumber = (date: JourneyDate): number => unixDay(date) - firstUnixDay

export const fromDayNumber = (day: number): JourneyDate =>
  JourneyDate.make(new Date((day + firstUnixDay) * dayMillis).toISOString().slice(0, 10))

export const addDays = (date: JourneyDate, days: number): JourneyDate => fromDayNumber(toDayNumber(date) + days)
