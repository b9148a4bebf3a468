import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { addDays, fromDayNumber, JourneyDate, toDayNumber } from "../src/JourneyDate.ts"
import { notRefused, notTaken } from "./Decoding.ts"

const firstDay = JourneyDate.make("2020-01-01")
const lastDayNumber = toDayNumber(JourneyDate.make("2099-12-31"))

const DayNumber = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: lastDayNumber }))

describe("JourneyDate", () => {
  it("takes days of the calendar, leap days among them", () => {
    assert.isEmpty(notTaken(JourneyDate, ["2020-01-01", "2026-12-05", "2024-02-29", "2096-02-29", "2099-12-31"]))
  })

  it("refuses days that no calendar has", () => {
    assert.isEmpty(notRefused(JourneyDate, "Expected a day that exists in the calendar", [
      "2026-02-29",
      "2026-02-30",
      "2026-04-31",
      "2026-13-01",
      "2026-00-10",
      "2026-01-00",
      "2026-01-32"
    ]))
  })

  it("refuses other ways to write a date, and other centuries", () => {
    assert.isEmpty(notRefused(JourneyDate, "Expected a date as YYYY-MM-DD, from 2020 to 2099", [
      "",
      "2026-1-05",
      "05-12-2026",
      "2026/12/05",
      "20261205",
      "2026-12-05T00:00:00Z",
      "2026-12-05\n",
      " 2026-12-05",
      "２０２６-12-05",
      "2019-12-31",
      "2100-01-01"
    ]))
  })

  it("numbers all days from 2020 to 2099 without a gap, in the order of their names", () => {
    const days = Array.from({ length: lastDayNumber + 1 }, (_, day) => fromDayNumber(day))
    assert.deepStrictEqual([days[0], days[59], days[60], days.at(-1)], [
      "2020-01-01",
      "2020-02-29",
      "2020-03-01",
      "2099-12-31"
    ])
    assert.deepStrictEqual(days.map(toDayNumber), days.map((_, day) => day))
    assert.deepStrictEqual(days, Array.from(new Set(days)).toSorted())
    // Eighty years, each fourth a leap year.
    assert.strictEqual(days.length, 80 * 365 + 20)
    assert.isBelow(lastDayNumber, 2 ** 15)
  })

  it("counts on over the ends of months and years", () => {
    assert.strictEqual(addDays(JourneyDate.make("2024-02-28"), 1), "2024-02-29")
    assert.strictEqual(addDays(JourneyDate.make("2026-02-28"), 1), "2026-03-01")
    assert.strictEqual(addDays(JourneyDate.make("2026-12-31"), 1), "2027-01-01")
    assert.strictEqual(addDays(JourneyDate.make("2027-01-01"), -1), "2026-12-31")
  })

  it.prop("adds days as numbers add", [DayNumber, DayNumber], ([from, to]) => {
    assert.strictEqual(addDays(fromDayNumber(from), to - from), fromDayNumber(to))
  })

  it("makes no date out of its range", () => {
    assert.throws(() => addDays(firstDay, -1))
    assert.throws(() => addDays(firstDay, lastDayNumber + 1))
  })
})
