import type { JourneyDate } from "@berth/domain/JourneyDate"
import { DateTime } from "effect"

/**
 * The instant, Unix ms, from which a run's times are counted: noon of its journey day less twelve hours, as GTFS has it,
 * which is midnight but on the days when clocks are changed.
 */
export const serviceDayStart = (date: JourneyDate, timeZone: string): number => {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number)
  const noon = DateTime.makeZonedUnsafe({ year, month, day, hour: 12 }, { timeZone, adjustForTimeZone: true })
  return DateTime.toEpochMillis(noon) - 12 * 3_600_000
}

/** A time of a run as ISO 8601 with the offset of its time zone. */
export const formatAt = (dayStart: number, seconds: number, timeZone: string): string =>
  DateTime.formatIsoOffset(DateTime.makeZonedUnsafe(dayStart + seconds * 1000, { timeZone }))

/** A time of day as a timetable prints it, `HH:MM`. */
export const formatClock = (seconds: number): string => {
  const minutes = Math.floor(seconds / 60) % 1440
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`
}
