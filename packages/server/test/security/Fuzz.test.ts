import { assert, layer } from "@effect/vitest"
import { Config, Console, Effect } from "effect"
import { engine, tokenOf } from "../TestServer.ts"
import { fuzz } from "./fuzz/Fuzz.ts"
import { startFuzzed } from "./FuzzedServer.ts"

/** What the server's memory may grow by while it refuses requests; a heap that is let grow comes and goes by as much. */
const growthBytesMax = 128 * 1024 * 1024

const settings = Config.all({
  requests: Config.Int("FUZZ_REQUESTS").pipe(Config.withDefault(2_000)),
  // By itself `npm test` sends the same each time; `npm run test:fuzz` chooses.
  seed: Config.Int("FUZZ_SEED").pipe(Config.withDefault(1)),
  first: Config.Int("FUZZ_FIRST").pipe(Config.withDefault(0))
})

const minutesMax = 60

/** Lines of the server's log that are told where it was at fault. */
const failuresToldMax = 10

/** Of so many requests one has a caller of its own, so that calls about accounts are not all refused after the first. */
const requestsPerCaller = 100

const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MiB`

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("bad requests from the schemas", (it) => {
  it.effect(
    "are refused in the words of the API over every door, and harm neither the server nor its memory",
    () =>
      Effect.gen(function*() {
        const { first, requests, seed } = yield* settings
        const { aim, ended, health, pid, stop } = yield* startFuzzed
        const callers = yield* Effect.forEach(
          Array.from({ length: Math.ceil(requests / requestsPerCaller) }, (_, caller) => `fuzz-${caller}`),
          (name) => tokenOf("passenger", name)
        )
        const startMillis = performance.now()
        const { faults, outcomes, refused, rssBytes } = yield* Effect.promise(() =>
          fuzz({ aim: { ...aim, passengers: callers }, pid: pid ?? 0, requests, seed, first })
        )
        const seconds = ((performance.now() - startMillis) / 1000).toFixed(0)
        yield* Console.log([
          ...[...outcomes].toSorted(([, left], [, right]) => right - left).map(([kind, count]) => `${count}\t${kind}`),
          `seed ${seed}: ${requests} requests in ${seconds} s, ${refused} refused, ${faults.length} faults; ` +
          `server after each tenth ${rssBytes.all.map(mebibytes).join(", ")}`
        ].join("\n"))
        const healthAfter = yield* health
        yield* stop
        const { code, output } = yield* ended
        const failures = output.split("\n").filter((line) => line.includes("unforeseen")).slice(0, failuresToldMax)
        assert.strictEqual(faults.length, 0, [`seed ${seed}`, ...faults, ...failures].join("\n"))
        assert.strictEqual(healthAfter, 200)
        assert.isBelow(rssBytes.end - rssBytes.warm, growthBytesMax)
        assert.isAbove(refused, requests * 0.6)
        assert.strictEqual(code, 0, output)
        assert.notInclude(output, "unforeseen")
      }),
    minutesMax * 60_000
  )
})
