import { answersIn, driverNote, ordinaryRuns, rateOf, sendHttp, spreadRequests } from "../Bookings.ts"
import { cost, type Measurement, rate } from "../Measurement.ts"
import { repeated } from "../Repeats.ts"
import type { Stand } from "../Stand.ts"

const share = 0.7
const runsOfSale = 2_000

const shares = (rates: ReadonlyArray<number>): string => rates.map((highest) => Math.round(share * highest)).join(", ")

/** How long a booking takes at 70 % of the highest rate, from the moment at which it was to be sent. */
export const latency = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { driver, effort, effort: { warmUpSeconds } } = stand
  const berth = await stand.berth()
  const { url } = berth
  const requests = spreadRequests(berth, await ordinaryRuns(berth.database, "latency", runsOfSale))
  await sendHttp(driver, { url, requests, seconds: warmUpSeconds })
  // What a machine that others share can do changes within a minute: each load is a share of what it could do just before.
  const rounds = await repeated(effort, async () => {
    const highest = rateOf(await sendHttp(driver, { url, requests, seconds: effort.seconds }), "201")
    // Twice as long as other loads: a hundredth of the calls of a second is soon a single pause.
    const load = { url, requests, seconds: 2 * effort.seconds, ratePerSecond: share * highest }
    return { highest, result: await sendHttp(driver, load) }
  })
  const rates = rounds.map(({ highest }) => highest)
  const results = rounds.map(({ result }) => result)
  return [
    rate("highest rate just before", rates, "bookings/s"),
    cost("latency at 70 % of it, median", results.map((result) => result.latency.median), "ms"),
    cost("latency at 70 % of it, p99", results.map((result) => result.latency.p99), "ms", {
      aim: 25,
      floor: 50,
      note: `${shares(rates)} bookings/s; ${answersIn(results)}; ${driverNote(results)}`
    }),
    cost("latency at 70 % of it, p99.9", results.map((result) => result.latency.p999), "ms")
  ]
}
