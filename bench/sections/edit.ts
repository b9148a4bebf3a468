import { setTimeout } from "node:timers/promises"
import type { Berth } from "../Berth.ts"
import { answersIn, ordinaryRuns, rateOf, sendHttp, spreadRequests } from "../Bookings.ts"
import { cost, type Measurement } from "../Measurement.ts"
import { ordinaryTrain } from "../Network.ts"
import type { Stand } from "../Stand.ts"
import { quantile } from "../Statistics.ts"

const editsByEffort = { quick: 20, usual: 100, full: 200 }
const share = 0.5
const loadSecondsMax = 60
const train = ordinaryTrain(0, "edit")

/** Asked so often, so that the asking does not take the processor from what is measured. */
const lookEveryMillis = 4

/** How long each edit took from its commit to the first answer that shows it, shortest first; for as long as it is to go on. */
const editTimes = async (
  { database, url }: Pick<Berth, "database" | "url">,
  { date, edits, goesOn }: { readonly date: string; readonly edits: number; readonly goesOn: () => boolean }
): Promise<ReadonlyArray<number>> => {
  // Of the ladies' quota, from which nobody books here, so that only the edit changes what is free.
  const free = async (): Promise<string> => {
    const text = await (await fetch(`${url}/api/trains/${train}/availability?date=${date}`)).text()
    return /"quota":"LD","quotaName":"[^"]*","free":\d+/.exec(text)?.[0] ?? text
  }
  const times: Array<number> = []
  for (let n = 0; n < edits && goesOn(); n++) {
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
  return times.toSorted((left, right) => left - right)
}

/** Edits of the seat configuration by SQL, with nothing else to do and while bookings go on. */
export const edit = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  const { driver, effort, effort: { warmUpSeconds: probeSeconds } } = stand
  const berth = await stand.berth()
  const { database, url } = berth
  const runs = await ordinaryRuns(database, "edit")
  const requests = spreadRequests(berth, runs)
  await sendHttp(driver, { url, requests, seconds: probeSeconds })
  const ratePerSecond = share * rateOf(await sendHttp(driver, { url, requests, seconds: probeSeconds }), "201")

  const date = runs[runs.length - 1]?.date ?? ""
  const edits = editsByEffort[effort.name]
  const quiet = await editTimes(berth, { date, edits, goesOn: () => true })
  const load = sendHttp(driver, { url, requests, seconds: Math.min(loadSecondsMax, edits / 5), ratePerSecond })
  const state = { loading: true }
  const loaded = load.finally(() => {
    state.loading = false
  })
  const busy = await editTimes(berth, { date, edits, goesOn: () => state.loading })
  const result = await loaded
  const note = `${busy.length} edits at ${Math.round(ratePerSecond)} bookings/s; ${answersIn([result])}`
  return [
    cost("edit to changed availability, median", [quantile(quiet, 0.5)], "ms"),
    cost("edit to changed availability, p99", [quantile(quiet, 0.99)], "ms", {
      floor: 100,
      note: `${quiet.length} edits, nothing else going on`
    }),
    cost("edit to changed availability under load, median", [quantile(busy, 0.5)], "ms"),
    cost("edit to changed availability under load, p99", [quantile(busy, 0.99)], "ms", { aim: 50, floor: 250, note })
  ]
}
