import { answersIn, driverNote, ordinaryRuns, rateOf, type RunName, sendHttp } from "../Bookings.ts"
import { type Measurement, rate } from "../Measurement.ts"
import { legs, legsOfJourney, stationAt } from "../Network.ts"
import { repeated } from "../Repeats.ts"
import { httpRequest } from "../Requests.ts"
import type { Stand } from "../Stand.ts"

const warmUpSeconds = 1
/** Fewer than are on sale: people look at the trains of the next days. */
const runsLookedAt = 200

const etagOf = async (url: string): Promise<string> => {
  const response = await fetch(url)
  await response.arrayBuffer()
  return response.headers.get("etag") ?? ""
}

/** The same look again and again, as a page that polls takes it: with the tag of the last answer. */
const lookAgain = async (url: string, paths: ReadonlyArray<string>): Promise<ReadonlyArray<Uint8Array>> => {
  const requests: Array<Uint8Array> = []
  for (const path of paths) {
    const etag = await etagOf(`${url}${path}`)
    const headers: Record<string, string> = etag === "" ? {} : { "if-none-match": etag }
    requests.push(httpRequest({ url, method: "GET", path, headers }))
  }
  return requests
}

const journeys = Array.from({ length: legs - legsOfJourney + 1 }, (_, from) => ({
  from: stationAt(from),
  to: stationAt(from + legsOfJourney)
}))

const queryOf = (n: number): string => new URLSearchParams(journeys[n % journeys.length]).toString()

const pathsOf = (runs: ReadonlyArray<RunName>) => {
  return {
    availability: runs.slice(0, runsLookedAt).map(({ date, trainId }, n) =>
      `/api/trains/${trainId}/availability?date=${date}&${queryOf(n)}`
    ),
    search: [...new Set(runs.map(({ date }) => date))].map((date, n) => `/api/trains?date=${date}&${queryOf(n)}`)
  }
}

/** What is free on a journey, and which trains there are, by GET with the ETag of the answer before. */
export const reading = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { driver, effort } = stand
  const { database, url } = await stand.berth()
  const paths = pathsOf(await ordinaryRuns(database, "others"))
  const measure = async (name: keyof typeof paths, goals: { readonly aim: number; readonly floor: number }) => {
    const requests = await lookAgain(url, paths[name])
    await sendHttp(driver, { url, requests, seconds: warmUpSeconds })
    const results = await repeated(effort, () => sendHttp(driver, { url, requests, seconds: effort.seconds }))
    const rates = results.map((result) => rateOf(result, "304") + rateOf(result, "200"))
    return rate(`${name} of a journey, GET with ETag`, rates, "requests/s", {
      ...goals,
      note: `${requests.length} of them in turn; ${answersIn(results)}; ${driverNote(results)}`
    })
  }
  return [
    await measure("availability", { aim: 30_000, floor: 10_000 }),
    await measure("search", { aim: 15_000, floor: 5_000 })
  ]
}
