/** Days on which something runs, ascending, counted from 2020-01-01. */
export type RunningDays = ReadonlyArray<number>

/** As the tables keep them. No exception lies outside the dates. */
export interface RunningPattern {
  /** Bit 0 Monday to bit 6 Sunday. */
  readonly weekdays: number
  readonly firstDay: number
  readonly lastDay: number
  readonly exceptions: ReadonlyArray<{ readonly day: number; readonly runs: boolean }>
}

/** 2020-01-01 was a Wednesday. */
const weekdayOf = (day: number): number => (day + 2) % 7

/** The days of a calendar: its weekdays between two days, both included. */
export const daysOfCalendar = (weekdays: number, firstDay: number, lastDay: number): RunningDays => {
  const days: Array<number> = []
  for (let day = firstDay; day <= lastDay; day++) {
    if ((weekdays >> weekdayOf(day) & 1) === 1) days.push(day)
  }
  return days
}

export const sortedDays = (days: Iterable<number>): RunningDays => Array.from(new Set(days)).toSorted((a, b) => a - b)

/**
 * The pattern of a set of days: a weekday belongs to it if the train runs on more than half of them, and the other days
 * are exceptions. It depends on the days alone, so that a feed that says the same in other words changes nothing.
 */
export const patternOf = (days: RunningDays): RunningPattern => {
  const firstDay = days[0] ?? 0
  const lastDay = days.at(-1) ?? 0
  const runs = new Set(days)
  const balance = Array.from({ length: 7 }, () => 0)
  for (let day = firstDay; day <= lastDay; day++) {
    const weekday = weekdayOf(day)
    balance[weekday] = (balance[weekday] ?? 0) + (runs.has(day) ? 1 : -1)
  }
  const weekdays = balance.reduce((bits, more, weekday) => more > 0 ? bits | 1 << weekday : bits, 0)
  const exceptions: Array<{ readonly day: number; readonly runs: boolean }> = []
  for (let day = firstDay; day <= lastDay; day++) {
    const expected = (weekdays >> weekdayOf(day) & 1) === 1
    if (runs.has(day) !== expected) exceptions.push({ day, runs: !expected })
  }
  return { weekdays, firstDay, lastDay, exceptions }
}
