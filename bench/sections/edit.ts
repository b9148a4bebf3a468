import { setTimeout } from "node:timers/promises"
import { answersIn, ordinaryRuns, rateOf, sendHttp, spreadRequests } from "../Bookings.ts"
import { cost, type Measurement } from "../Measurement.ts"
import { ordinaryTrain } from "../Network.ts"
import type { Stand } from "../Stand.ts"
import { quantile } from "../Statistics.ts"

const editsByEffort = { quick: 20, usual: 100, full: 200 }
const share = 0.5
const loadSecondsMax = 60
const train = ordinaryTrain(0)

/** Asked so often, so that the asking does not take the processor from what is measured. */
const lookEveryMillis = 4

/** From the commit of an edit of the seat configuration by SQL to the first answer that shows it, while bookings go on. */
export const edit = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { driver, effort, effort: { warmUpSeconds: probeSeconds } } = stand
  const berth = await stand.berth()
  const { database, url } = berth
  const runs = await ordinaryRuns(database)
  const requests = spreadRequests(berth, runs)
  await sendHttp(driver, { url, requests, seconds: probeSeconds })
  const ratePerSecond = share * rateOf(await sendHttp(driver, { url, requests, seconds: probeSeconds }), "201")

  // Of the ladies' quota, from which nobody books here, so that only the edit changes what is free.
  const date = runs[runs.length - 1]?.date ?? ""
  const free = async (): Promise<string> => {
    const text = await (await fetch(`${url}/api/trains/${train}/availability?date=${date}`)).text()
    return /"quota":"LD","quotaName":"[^"]*","free":\d+/.exec(text)?.[0] ?? text
  }
  const edits = editsByEffort[effort.name]
  const times: Array<number> = []
  const load = sendHttp(driver, { url, requests, seconds: Math.min(loadSecondsMax, edits / 5), ratePerSecond })
  const state = { loading: true }
  const loaded = load.finally(() => {
    state.loading = false
  })
  for (let n = 0; n < edits && state.loading; n++) {
    const before = await free()
    await database.run(
      `UPDATE train_seat_config SET seat_count = seat_count + ${n % 2 === 0 ? 1 : -1}
      WHERE train_id = '${train}' AND travel_class = 'SL' AND quota = 'LD' AND berth = 'LB'`
    )
    const committedAt = performance.now()
    while ((await free()) === before) await setTimeout(lookEveryMillis)
    times.push(performance.now() - committedAt)
    await setTimeout(lookEveryMillis)
  }
  const result = await loaded
  const sorted = times.toSorted((left, right) => left - right)
  const note = `${times.length} edits at ${Math.round(ratePerSecond)} bookings/s; ${answersIn([result])}`
  return [
    cost("edit to changed availability under load, median", [quantile(sorted, 0.5)], "ms"),
    cost("edit to changed availability under load, p99", [quantile(sorted, 0.99)], "ms", { aim: 50, floor: 250, note })
  ]
}
