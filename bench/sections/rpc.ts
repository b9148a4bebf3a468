import {
  answersIn,
  bookingOn,
  driverNote,
  manyConnections,
  ordinaryRuns,
  rateOf,
  sendHttp,
  spreadRequests
} from "../Bookings.ts"
import { type Measurement, rate, ratios } from "../Measurement.ts"
import { sideBySide } from "../Repeats.ts"
import { rpcFrame, rpcOpening } from "../Requests.ts"
import type { Stand } from "../Stand.ts"

const sockets = 16
const callsMax = 400_000

/** Bookings as remote calls over a few WebSockets, beside as many under way over HTTP. */
export const rpc = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { driver, effort: { seconds, warmUpSeconds } } = stand
  const berth = await stand.berth()
  const { token, url } = berth
  const runs = await ordinaryRuns(berth.database, "rpc")
  const requests = spreadRequests(berth, await ordinaryRuns(berth.database, "rpcHttp"))
  const frames = Array.from(
    { length: 10 * runs.length },
    (_, n) => rpcFrame(n, "Book", { request: bookingOn(runs[n % runs.length] ?? { trainId: "", date: "" }, n) })
  )
  const overHttp = (duration: number) => sendHttp(driver, { url, requests, seconds: duration })
  const overSockets = (duration: number) =>
    driver.run({
      protocol: "websocket",
      host: new URL(url).hostname,
      port: Number(new URL(url).port),
      opening: rpcOpening(url, token),
      requests: frames,
      connections: sockets,
      callsPerConnection: manyConnections / sockets,
      calls: callsMax,
      millis: duration * 1000,
      ratePerSecond: null
    })
  await overHttp(warmUpSeconds)
  await overSockets(warmUpSeconds)
  const { ones, others } = await sideBySide(stand.effort, () => overSockets(seconds), () => overHttp(seconds))
  const rates = ones.map((result) => rateOf(result, "Success"))
  const httpRates = others.map((result) => rateOf(result, "201"))
  return [
    rate("bookings of two by RPC over WebSocket", rates, "bookings/s", {
      note: `${sockets} sockets, ${manyConnections} calls under way; ${answersIn(ones)}; ${driverNote(ones)}`
    }),
    rate("the same over HTTP", httpRates, "bookings/s", { note: `${manyConnections} connections` }),
    rate("RPC over WebSocket ÷ HTTP", ratios(rates, httpRates), "×", { aim: 1.3, floor: 1 })
  ]
}
