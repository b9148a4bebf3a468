import { answersIn, driverNote, manyConnections, ordinaryRuns, rateOf, sendHttp, spreadRequests } from "../Bookings.ts"
import type { JobResult } from "../driver/Job.ts"
import { cost, type Measurement, rate, ratios } from "../Measurement.ts"
import { type Processes, processorTime } from "../ProcessorTime.ts"
import { sideBySide } from "../Repeats.ts"
import type { Stand } from "../Stand.ts"

/** A load, with the processor time that each of its bookings took of each process. */
const timed = async (processes: Processes, load: () => Promise<JobResult>) => {
  const before = processorTime(processes)
  const result = await load()
  const after = processorTime(processes)
  const micros = (part: keyof Processes) => (after[part] - before[part]) / (result.answers["201"] ?? 0) * 1e6
  return { result, server: micros("server"), postgres: micros("postgres"), redis: micros("redis") }
}

/** Bookings of two over HTTP, each committed, spread over 1,000 runs, as fast as they are answered. */
export const booking = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { driver, effort: { seconds, warmUpSeconds } } = stand
  const berth = await stand.berth()
  const peer = await stand.postgresOnly()
  const runs = await ordinaryRuns(berth.database, "booking")
  const requests = spreadRequests(berth, runs)
  const peerRequests = spreadRequests(peer, runs)
  const postgresId = (await stand.postgres()).processId
  const processes: Processes = {
    server: berth.processId,
    postgres: postgresId,
    redis: (await stand.berthRedis()).processId
  }

  await sendHttp(driver, { url: berth.url, requests, seconds: warmUpSeconds })
  await sendHttp(driver, { url: peer.url, requests: peerRequests, seconds: warmUpSeconds })
  const { ones, others } = await sideBySide(
    stand.effort,
    () => timed(processes, () => sendHttp(driver, { url: berth.url, requests, seconds })),
    () =>
      timed(
        { server: peer.processId, postgres: postgresId, redis: 0 },
        () => sendHttp(driver, { url: peer.url, requests: peerRequests, seconds })
      )
  )

  const results = ones.map(({ result }) => result)
  const rates = results.map((result) => rateOf(result, "201"))
  const peerResults = others.map(({ result }) => result)
  const peerRates = peerResults.map((result) => rateOf(result, "201"))
  return [
    rate("bookings of two over HTTP, committed", rates, "bookings/s", {
      aim: 6_000,
      floor: 2_500,
      note: `${manyConnections} connections; ${answersIn(results)}; ${driverNote(results)}`
    }),
    rate("the same by postgres-only", peerRates, "bookings/s", {
      note: `${answersIn(peerResults)}; ${driverNote(peerResults)}`
    }),
    rate("bookings ÷ postgres-only", ratios(rates, peerRates), "×", { aim: 2, floor: 1.3 }),
    cost("latency at the highest rate, median", results.map(({ latency }) => latency.median), "ms"),
    cost("processor time of a booking, server", ones.map(({ server }) => server), "µs", {
      note: "with the scheduler in it"
    }),
    cost("processor time of a booking, PostgreSQL", ones.map(({ postgres }) => postgres), "µs"),
    cost("processor time of a booking, Redis", ones.map(({ redis }) => redis), "µs", {
      note: processes.redis === 0 ? "in WebAssembly, a part of the bench itself" : ""
    }),
    cost("the same by postgres-only, server", others.map(({ server }) => server), "µs"),
    cost("the same by postgres-only, PostgreSQL", others.map(({ postgres }) => postgres), "µs")
  ]
}
