import { setTimeout as pause } from "node:timers/promises"
import type { Row } from "../Row.ts"

const atOnce = 400

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
    small.postgres.delayMillis = () => 20
    const answers = new Map<string, number>()
    for (let bursts = 0; bursts < (4); bursts++) {
      const entries = Array.from(
        { length: atOnce },
        (_, index) => load.log.make(`burst-${small.name}-${bursts}-${index}`, random.pick(network.trips), 1)
      )
      injected(atOnce)
      await Promise.all(entries.map(async (entry) => {
        const answer = await load.send(entry, small.url)
        const what = answer.kind === "none" ? answer.why : String(answer.status)
        answers.set(what, (answers.get(what) ?? 0) + 1)
        load.take(entry, answer)
      }))
      await pause(500)
    }
    note(`answers: ${[...answers].map(([what, times]) => `${what} ${times}`).join(", ")}`)
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
