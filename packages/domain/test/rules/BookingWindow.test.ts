import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { fromDayNumber, JourneyDate, toDayNumber } from "../../src/JourneyDate.ts"
import { bookingWindow } from "../../src/rules/BookingWindow.ts"

describe("BookingWindow", () => {
  it("sells today and sixty days ahead", () => {
    assert.deepStrictEqual(bookingWindow(JourneyDate.make("2026-12-05")), {
      first: JourneyDate.make("2026-12-05"),
      last: JourneyDate.make("2027-02-03")
    })
    assert.strictEqual(bookingWindow(JourneyDate.make("2028-01-01")).last, "2028-03-01", "over a leap day")
  })

  it.prop("is sixty-one days long on any day, and moves on by a day each day", [
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 29_000 }))
  ], ([day]) => {
    const { first, last } = bookingWindow(fromDayNumber(day))
    assert.strictEqual(toDayNumber(last) - toDayNumber(first) + 1, 61)
    assert.strictEqual(toDayNumber(bookingWindow(fromDayNumber(day + 1)).last), toDayNumber(last) + 1)
  })
})
