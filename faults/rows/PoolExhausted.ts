import { setTimeout as pause } from "node:timers/promises"
import { mebibytes, residentBytes } from "../ProcessMemory.ts"
import type { Row } from "../Row.ts"

const atOnce = 400
const bursts = 4
const oneWayMillis = 20

/** Longest that anybody waits for an answer, ms: who is let in, and who is refused for what could not be foreseen. */
const answerMillisMax = 10_000

/** Memory that the server may grow by, bytes. */
const growthMax = 200 * 1024 * 1024

const percentile = (sorted: ReadonlyArray<number>, share: number): number =>
  Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)

const spread = (times: ReadonlyArray<number>): string => {
  const sorted = times.toSorted((one, other) => one - other)
  return `${times.length} (median ${percentile(sorted, 0.5)} ms, slowest ${percentile(sorted, 1)} ms)`
}

/** A server with two connections to PostgreSQL, which are slow, and far more callers than they can serve. */
export const poolExhausted: Row = {
  name: "pool-exhausted",
  fault: "a server with a pool of two connections to a slow PostgreSQL, and hundreds of calls at once",
  brief: false,
  nativeRedis: false,
  run: async ({ cluster, injected, load, network, note, problem, random }) => {
    const small = await cluster.launch("small pool")
    await small.ready()
    const before = load.urls
    load.urls = () => [small.url]
    small.postgres.delayMillis = () => oneWayMillis
    const memory = residentBytes(small)
    let most = memory
    const answers = new Map<string, Array<number>>()
    for (let burst = 0; burst < bursts; burst++) {
      const entries = Array.from(
        { length: atOnce },
        (_, index) => load.log.make(`burst-${small.name}-${burst}-${index}`, random.pick(network.trips), 1)
      )
      injected(atOnce)
      await Promise.all(entries.map(async (entry) => {
        const startedAt = performance.now()
        const answer = await load.send(entry, small.url)
        const what = answer.kind === "none" ? answer.why : String(answer.status)
        answers.set(what, [...answers.get(what) ?? [], performance.now() - startedAt])
        if (answer.kind === "none") problem(`a caller got no answer: ${answer.why}`)
        else if (answer.status === 503 && answer.retryAfter === undefined) problem("refused without Retry-After")
        load.take(entry, answer)
      }))
      most = Math.max(most, residentBytes(small))
      await pause(500)
    }
    note(`answers: ${[...answers].map(([what, times]) => `${what}: ${spread(times)}`).join(", ")}`)
    note(`the server's memory went from ${mebibytes(memory)} to ${mebibytes(most)} MiB at most`)
    if ([...answers.values()].flat().some((millis) => millis > answerMillisMax)) problem("somebody waited too long")
    if (most - memory > growthMax) problem(`the server grew by ${mebibytes(most - memory)} MiB`)
    const served = load.log.acknowledged
    small.postgres.delayMillis = () => 0
    await pause(2000)
    if (load.log.acknowledged === served) problem("a server with two connections makes no bookings once calls are few")
    load.urls = before
    // Whoever is being served still has its answer before the server goes.
    await pause(500)
    await small.stop()
  }
}
