import { answersIn, driverNote, ordinaryRuns, rateOf, sendHttp, spreadRequests } from "../Bookings.ts"
import { cost, type Measurement, rate } from "../Measurement.ts"
import { repeated } from "../Repeats.ts"
import type { Stand } from "../Stand.ts"
import { median } from "../Statistics.ts"

const share = 0.7
const runsOfSale = 2_000

/** How long a booking takes at 70 % of the highest rate, from the moment at which it was to be sent. */
export const latency = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { driver, effort, effort: { warmUpSeconds } } = stand
  const berth = await stand.berth()
  const { url } = berth
  const requests = spreadRequests(berth, await ordinaryRuns(berth.database, "latency", runsOfSale))
  await sendHttp(driver, { url, requests, seconds: warmUpSeconds })
  const highest = await repeated(effort, () => sendHttp(driver, { url, requests, seconds: effort.seconds }))
  const rates = highest.map((result) => rateOf(result, "201"))
  const ratePerSecond = share * median(rates)
  // Twice as long as other loads: a hundredth of the calls of a second is soon a single pause.
  const results = await repeated(
    effort,
    () => sendHttp(driver, { url, requests, seconds: 2 * effort.seconds, ratePerSecond })
  )
  return [
    rate("highest rate just before", rates, "bookings/s"),
    cost("latency at 70 % of it, median", results.map((result) => result.latency.median), "ms"),
    cost("latency at 70 % of it, p99", results.map((result) => result.latency.p99), "ms", {
      aim: 25,
      floor: 50,
      note: `${Math.round(ratePerSecond)} bookings/s; ${answersIn(results)}; ${driverNote(results)}`
    }),
    cost("latency at 70 % of it, p99.9", results.map((result) => result.latency.p999), "ms")
  ]
}
