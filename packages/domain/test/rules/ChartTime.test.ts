import { assert, describe, it } from "@effect/vitest"
import { firstChartMillis } from "../../src/rules/ChartTime.ts"

const hour = 3_600
const dayStart = Date.UTC(2026, 11, 5)
const hoursBeforeDay = (departureHours: number) =>
  (firstChartMillis(dayStart, departureHours * hour) - dayStart) / 3_600_000

describe("the first chart of a run", () => {
  it("is made at 20:00 the evening before for one that leaves from 05:00 to 14:00", () => {
    assert.deepStrictEqual([5, 10, 13.99].map(hoursBeforeDay), [-4, -4, -4])
  })

  it("is made ten hours before any other leaves", () => {
    assert.deepStrictEqual([0, 4.5, 14, 23].map(hoursBeforeDay), [-10, -5.5, 4, 13])
  })

  it("is reckoned by the hour of the day for one whose times are counted from an earlier day", () => {
    assert.deepStrictEqual([30, 40].map(hoursBeforeDay), [20, 30])
  })
})
