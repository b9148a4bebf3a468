import { Effect } from "effect"
import { calendarDatesTable, calendarTable } from "./FeedSchema.ts"
import { type FeedReading, readTable } from "./FeedTable.ts"
import { daysOfCalendar, type RunningDays, sortedDays } from "./RunningDays.ts"

/** Journey dates reach from 2020-01-01 to 2099-12-31. Calendars are cut there, with room for the longest trip's shift. */
const dayMax = 29_178

const weekdayColumns = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const

/** The days of each service that `wanted` names. Either file may be absent; a service may stand in one of them alone. */
export const readServices = Effect.fnUntraced(function*(reading: FeedReading, wanted: ReadonlySet<string>) {
  const { log } = reading
  const regular = new Map<string, RunningDays>()
  yield* readTable(reading, calendarTable, (row, line) => {
    const { end_date: last, service_id: id, start_date: first } = row
    if (!wanted.has(id)) return
    if (last < first) return log.add(calendarTable.file, line, "end_date", "it is before start_date")
    if (regular.has(id)) {
      return log.add(calendarTable.file, line, "service_id", `${JSON.stringify(id)} stands twice in this file`)
    }
    const weekdays = weekdayColumns.reduce((bits, column, bit) => row[column] === "1" ? bits | 1 << bit : bits, 0)
    regular.set(id, daysOfCalendar(weekdays, Math.max(0, first), Math.min(dayMax, last)))
  })

  const changes = new Map<string, Map<number, boolean>>()
  yield* readTable(reading, calendarDatesTable, (row, line) => {
    const { date, service_id: id } = row
    if (!wanted.has(id)) return
    const changed = changes.get(id) ?? new Map<number, boolean>()
    changes.set(id, changed)
    if (changed.has(date)) {
      return log.add(calendarDatesTable.file, line, "date", `this day stands twice for service ${JSON.stringify(id)}`)
    }
    changed.set(date, row.exception_type === "1")
  })

  const services = new Map(regular)
  for (const [id, changed] of changes) {
    const kept = (regular.get(id) ?? []).filter((day) => changed.get(day) !== false)
    const added = Array.from(changed).flatMap(([day, runs]) => runs && day >= 0 && day <= dayMax ? [day] : [])
    services.set(id, sortedDays([...kept, ...added]))
  }
  return services
})
