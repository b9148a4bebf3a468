import { type Berth, untilTold } from "../Berth.ts"
import { answersIn, bookingRequest, type Counter, hotBookingOn, hotRuns, rateOf, sendHttp } from "../Bookings.ts"
import type { RunName } from "../Bookings.ts"
import type { Driver } from "../Driver.ts"
import type { JobResult } from "../driver/Job.ts"
import { type Measurement, rate, ratios } from "../Measurement.ts"
import { hotBerths, hotTrain, warmUpTrain } from "../Network.ts"
import { repeated, sideBySide } from "../Repeats.ts"
import type { Stand } from "../Stand.ts"

const clients = 200
const bookingsToSell = hotBerths / 2
const secondsMax = 20

/** Sells a run to the last berth; those who are refused on the way try again. */
const sellOut = (driver: Driver, counter: Counter, run: RunName): Promise<JobResult> =>
  sendHttp(driver, {
    url: counter.url,
    requests: [bookingRequest(counter, hotBookingOn(run))],
    seconds: secondsMax,
    calls: bookingsToSell + clients,
    connections: clients
  })

/** The same of Berth, and until all was told: what is still to be done burdens nobody who is measured next. */
const sellAndTell = async (driver: Driver, berth: Berth, run: RunName): Promise<JobResult> => {
  const result = await sellOut(driver, berth, run)
  await untilTold(berth.database)
  return result
}

const rateToTheLast = (result: JobResult): number => {
  const sold = result.answers["201"] ?? 0
  if (sold !== bookingsToSell) {
    throw new Error(`of ${bookingsToSell} bookings ${sold} were sold: ${answersIn([result])}`)
  }
  return sold / (result.lastAt["201"] ?? Number.NaN)
}

/** One run of 720 berths, 200 clients, to the last berth; then nothing but refusals. */
export const hotRun = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { driver, effort } = stand
  const berth = await stand.berth()
  const peer = await stand.postgresOnly()
  // A rush goes other ways through a server than a load that is spread; for thirty runs it is still being compiled for them.
  const warmUntil = performance.now() + effort.warmUpSeconds * 1000
  for (const run of await hotRuns(berth.database, warmUpTrain)) {
    if (performance.now() > warmUntil) break
    await sellOut(driver, berth, run)
    await sellOut(driver, peer, run)
  }
  await untilTold(berth.database)
  const runs = await hotRuns(berth.database, hotTrain)
  const dayOf = (n: number): RunName => runs[n % runs.length] ?? { trainId: "", date: "" }
  const { ones, others } = await sideBySide(
    // Each is over in a tenth of a second, into which a pause of the disk or a collection of garbage may fall.
    { repeats: effort.name === "quick" ? effort.repeats : 8 * effort.repeats },
    (n) => sellAndTell(driver, berth, dayOf(n)),
    (n) => sellOut(driver, peer, dayOf(n))
  )
  const rates = ones.map(rateToTheLast)
  const peerRates = others.map(rateToTheLast)
  const refusals = await repeated(effort, (n) =>
    sendHttp(driver, {
      url: berth.url,
      requests: [bookingRequest(berth, hotBookingOn(dayOf(n)))],
      seconds: effort.seconds
    }))
  return [
    rate("hot run of 720 berths to the last", rates, "bookings/s", { note: `${clients} clients, two berths each` }),
    rate("the same by postgres-only", peerRates, "bookings/s"),
    rate("hot run ÷ postgres-only", ratios(rates, peerRates), "×", { aim: 5, floor: 2 }),
    rate("refusals once sold out", refusals.map((result) => rateOf(result, "409")), "refusals/s", {
      aim: 20_000,
      floor: 8_000,
      note: answersIn(refusals)
    })
  ]
}
