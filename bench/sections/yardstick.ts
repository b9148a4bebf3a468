import { sendHttp } from "../Bookings.ts"
import { driverNote, rateOf } from "../Bookings.ts"
import { type Measurement, rate } from "../Measurement.ts"
import { startProgram } from "../Program.ts"
import { repeated } from "../Repeats.ts"
import { httpRequest } from "../Requests.ts"
import type { Stand } from "../Stand.ts"

/** What a bare Node server answers, driven in the same way: the measure of this machine for the figures beside it. */
export const yardstick = async ({ driver, effort }: Stand): Promise<ReadonlyArray<Measurement>> => {
  const server = await startProgram({ file: "bench/peers/bare-node.mjs", env: {}, ready: /\n/ })
  const url = server.output.trim()
  try {
    const requests = [httpRequest({ url, method: "GET", path: "/" })]
    const results = await repeated(effort, () => sendHttp(driver, { url, requests, seconds: effort.seconds }))
    return [
      rate("bare Node HTTP server, GET", results.map((result) => rateOf(result, "200")), "requests/s", {
        note: `no Berth in it; ${driverNote(results)}`
      })
    ]
  } finally {
    await server.stop()
  }
}
