import { untilOpen } from "../Berth.ts"
import {
  answersIn,
  bookingOn,
  bookingRequest,
  driverNote,
  ordinaryRuns,
  rateOf,
  type RunName,
  sendHttp,
  spreadRequests
} from "../Bookings.ts"
import { fillHistory } from "../History.ts"
import { cost, type Measurement } from "../Measurement.ts"
import { type Processes, processorTime } from "../ProcessorTime.ts"
import { repeated } from "../Repeats.ts"
import type { Stand } from "../Stand.ts"
import { median } from "../Statistics.ts"

const fewRuns = 100
/** As many as are sold from in the section of bookings: what is looked at often is remembered, however much else there is. */
const manyRuns = 1_000
const runsMin = 90_000
const firstsMax = 30_000

/** So many of them, from the first day to the last. */
const evenly = <A>(all: ReadonlyArray<A>, count: number, offset = 0): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, n) => all[Math.floor(n * all.length / count) + offset]).flatMap((one) =>
    one === undefined ? [] : [one]
  )

/** What a booking costs on 100 runs of which nothing is sold, and again when 100,000 runs and ten million sold berths are there. */
export const history = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { driver, effort: { seconds, warmUpSeconds }, effort } = stand
  const berth = await stand.berth()
  const { database, url } = berth
  const processes: Processes = {
    server: berth.processId,
    postgres: (await stand.postgres()).processId,
    redis: (await stand.berthRedis()).processId
  }
  const measure = async (warmUp: ReadonlyArray<RunName>, runsOf: (n: number) => ReadonlyArray<RunName>) => {
    await sendHttp(driver, { url, requests: spreadRequests(berth, warmUp), seconds: warmUpSeconds })
    return repeated(effort, async (n) => {
      const requests = spreadRequests(berth, runsOf(n))
      const before = processorTime(processes)
      const result = await sendHttp(driver, { url, requests, seconds })
      const after = processorTime(processes)
      const used = after.server + after.postgres + after.redis - before.server - before.postgres - before.redis
      return { result, micros: used / (result.answers["201"] ?? 0) * 1e6 }
    })
  }
  // Each time on other runs: in a few seconds a hundred are sold out.
  const unsold = await ordinaryRuns(database, "others", Infinity)
  const before = await measure(
    unsold.slice(fewRuns * effort.repeats),
    (n) => unsold.slice(fewRuns * n, fewRuns * (n + 1))
  )
  const startedAt = performance.now()
  await fillHistory(database)
  const filledAt = performance.now()
  const runs = await untilOpen(database, runsMin)
  const openAt = performance.now()
  const all = await ordinaryRuns(database, "all", Infinity)
  const many = evenly(all, manyRuns)
  const after = await measure(many, () => many)
  // Runs that nobody has asked for yet: each booking is its run's first in this server, and in Redis.
  const firstOnes = evenly(all, Math.min(firstsMax, Math.floor(all.length / 2)), 1)
  const firsts = await sendHttp(driver, {
    url,
    requests: firstOnes.map((run, n) => bookingRequest(berth, bookingOn(run, n))),
    seconds,
    calls: firstOnes.length
  })

  const wall = (measured: typeof before) => measured.map(({ result }) => 1e6 / rateOf(result, "201"))
  const processor = (measured: typeof before) => measured.map(({ micros }) => micros)
  const note = (measured: typeof before) => {
    const results = measured.map(({ result }) => result)
    return `${answersIn(results)}; ${driverNote(results)}`
  }
  return [
    cost("a booking on 100 runs, nothing sold", wall(before), "µs", { note: note(before) }),
    cost(`a booking on ${runs} runs, ten million sold`, wall(after), "µs", { note: note(after) }),
    cost("a booking with history ÷ without", [median(wall(after)) / median(wall(before))], "×", {
      aim: 1.15,
      floor: 1.5
    }),
    cost("its processor time with history ÷ without", [median(processor(after)) / median(processor(before))], "×"),
    cost("a booking that is its run's first", [1e6 / rateOf(firsts, "201")], "µs", {
      note: `${answersIn([firsts])}; nothing of the run is remembered`
    }),
    cost("history written", [(filledAt - startedAt) / 1000], "s"),
    cost("history loaded into Redis", [(openAt - filledAt) / 1000], "s", { note: `${runs} runs` })
  ]
}
