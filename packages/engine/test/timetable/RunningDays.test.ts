import { toDayNumber } from "@berth/domain/JourneyDate"
import { JourneyDate } from "@berth/domain/JourneyDate"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { daysOfCalendar, patternOf, type RunningDays, sortedDays } from "../../src/timetable/RunningDays.ts"

const day = (date: string): number => toDayNumber(JourneyDate.make(date))

const Days = Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 2500, maximum: 2600 })))

/** The days that a pattern stands for, as the tables are read. */
const daysOf = ({ exceptions, firstDay, lastDay, weekdays }: ReturnType<typeof patternOf>): RunningDays => {
  const changes = new Map(exceptions.map((exception) => [exception.day, exception.runs]))
  const regular = daysOfCalendar(weekdays, firstDay, lastDay).filter((date) => changes.get(date) !== false)
  return sortedDays([...regular, ...exceptions.flatMap((exception) => exception.runs ? [exception.day] : [])])
}

describe("RunningDays", () => {
  it.prop(
    "a pattern stands for just the days it was made from, with no exception outside its dates",
    [Days],
    ([days]) => {
      const pattern = patternOf(sortedDays(days))
      assert.deepStrictEqual(daysOf(pattern), sortedDays(days))
      for (const exception of pattern.exceptions) {
        assert.isTrue(exception.day >= pattern.firstDay && exception.day <= pattern.lastDay)
      }
    }
  )

  it("finds weekdays and takes a holiday as an exception", () => {
    const mondayToFriday = 0b0011111
    const holiday = day("2026-12-25")
    const days = daysOfCalendar(mondayToFriday, day("2026-12-01"), day("2026-12-31")).filter((date) => date !== holiday)
    assert.deepStrictEqual(patternOf(days), {
      weekdays: mondayToFriday,
      firstDay: day("2026-12-01"),
      lastDay: day("2026-12-31"),
      exceptions: [{ day: holiday, runs: false }]
    })
  })

  it("knows that 2026-12-07 is a Monday", () => {
    assert.deepStrictEqual(daysOfCalendar(1, day("2026-12-01"), day("2026-12-13")), [day("2026-12-07")])
  })
})
