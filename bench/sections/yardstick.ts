import { mkdir, open } from "node:fs/promises"
import { join } from "node:path"
import { driverNote, rateOf, sendHttp } from "../Bookings.ts"
import { cost, type Measurement, rate } from "../Measurement.ts"
import { startProgram } from "../Program.ts"
import { repeated } from "../Repeats.ts"
import { httpRequest } from "../Requests.ts"
import type { Stand } from "../Stand.ts"
import { quantile } from "../Statistics.ts"

const page = Buffer.alloc(4096)

/** How long the disk took to have a page for good, one after the other, ms, the shortest first. */
const durableWrites = async (folder: string, seconds: number): Promise<Float64Array> => {
  await mkdir(folder, { recursive: true })
  const file = await open(join(folder, "page"), "w")
  const took: Array<number> = []
  try {
    const end = performance.now() + seconds * 1000
    let at = performance.now()
    while (at < end) {
      await file.write(page, 0, page.length, 0)
      await file.datasync()
      const now = performance.now()
      took.push(now - at)
      at = now
    }
  } finally {
    await file.close()
  }
  return Float64Array.from(took).toSorted()
}

/**
 * The measure of this machine for the figures beside it: what a bare Node server answers, driven in the same way, and how
 * long its disk, for which every sale waits, takes with nothing else to do.
 */
export const yardstick = async ({ driver, effort, folder }: Stand): Promise<ReadonlyArray<Measurement>> => {
  const server = await startProgram({ file: "bench/peers/bare-node.mjs", env: {}, ready: /\n/ })
  const url = server.output.trim()
  try {
    const requests = [httpRequest({ url, method: "GET", path: "/" })]
    const results = await repeated(effort, () => sendHttp(driver, { url, requests, seconds: effort.seconds }))
    const writes = await repeated(effort, () => durableWrites(folder("disk"), effort.seconds))
    return [
      rate("bare Node HTTP server, GET", results.map((result) => rateOf(result, "200")), "requests/s", {
        note: `no Berth in it; ${driverNote(results)}`
      }),
      cost("a page on the disk for good, median", writes.map((sorted) => quantile(sorted, 0.5)), "ms"),
      cost("the same, the longest", writes.map((sorted) => quantile(sorted, 1)), "ms")
    ]
  } finally {
    await server.stop()
  }
}
