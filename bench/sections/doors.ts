import { layer as databaseLayer } from "@berth/engine/ledger/Database"
import { Tokens } from "@berth/server/Tokens"
import { Effect, Layer, Logger, Redacted } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { commandOf, type RuntimeName, runtimes } from "../../packages/server/test/Runtimes.ts"
import { answersIn, ordinaryRuns, rateOf, sendHttp, spreadRequests } from "../Bookings.ts"
import { cost, type Measurement, rate } from "../Measurement.ts"
import { repeated } from "../Repeats.ts"
import { httpRequest } from "../Requests.ts"
import type { Stand } from "../Stand.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const connections = 64
const warmUpSeconds = 1
/** Three runtimes with four figures each would take a quarter of a whole run, and half of a quick one. */
const repeatsByEffort = { quick: 1, usual: 3, full: 3 }
const looks = 50_000
const looksInTheRecord = 500

interface StoreAddresses {
  readonly databaseUrl: string
  readonly redisUri: string
}

/** Starts a server by itself, and waits until it says that it serves. */
const startServer = async (runtime: RuntimeName, { databaseUrl, redisUri }: StoreAddresses) => {
  const { args, program } = commandOf(runtime)
  const startedAt = performance.now()
  const child = spawn(program, args, {
    cwd: root,
    env: { PATH: process.env["PATH"], DATABASE_URL: databaseUrl, REDIS_URI: redisUri, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"]
  })
  const stop = async () => {
    child.kill("SIGTERM")
    await once(child, "exit")
  }
  let output = ""
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    output += String(chunk)
    const [, url] = / serves at (http:\/\/[^\s"]+)/.exec(output) ?? []
    if (url === undefined) continue
    child.stdout.resume()
    return { url, stop, readyMillis: performance.now() - startedAt }
  }
  throw new Error(`${runtime} did not start:\n${output}`)
}

const measureRuntime = async (
  runtime: RuntimeName,
  stores: StoreAddresses,
  { driver, effort: asked, ...stand }: Stand
) => {
  const effort = { ...asked, repeats: repeatsByEffort[asked.name] }
  const starts = await repeated({ repeats: effort.repeats - 1 }, async () => {
    const { readyMillis, stop } = await startServer(runtime, stores)
    await stop()
    return readyMillis
  })
  const { database, token } = await stand.berth()
  const runs = await ordinaryRuns(database, "doors")
  const { readyMillis, stop, url } = await startServer(runtime, stores)
  const get = (path: string) => httpRequest({ url, method: "GET", path })
  const measure = async (name: string, status: string, requests: ReadonlyArray<Uint8Array>) => {
    const send = (seconds: number) => sendHttp(driver, { url, requests, seconds, connections })
    await send(warmUpSeconds)
    const results = await repeated(effort, () => send(effort.seconds))
    return rate(`${name}, ${runtime}`, results.map((result) => rateOf(result, status)), "requests/s", {
      note: `${connections} connections; ${answersIn(results)}`
    })
  }
  try {
    return [
      cost(`process to serving, ${runtime}`, [...starts, readyMillis], "ms"),
      await measure("health", "200", [get("/health")]),
      await measure(
        "availability of a run",
        "200",
        runs.map(({ date, trainId }) => get(`/api/trains/${trainId}/availability?date=${date}`))
      ),
      await measure("bookings of two, committed", "201", spreadRequests({ url, token }, runs))
    ]
  } finally {
    await stop()
  }
}

/** What it costs a call to know who makes it: remembered, and asked of the record as the first call after a pause does. */
const callerCheck = (databaseUrl: string, token: string, { effort }: Stand) =>
  Effect.gen(function*() {
    const tokens = yield* Tokens
    const check = tokens.verify(token)
    const forget = Effect.flatMap(check, ({ userId }) => tokens.forget(userId))
    const micros = Effect.fnUntraced(function*<E>(calls: number, look: Effect.Effect<unknown, E>) {
      const startedAt = performance.now()
      for (let call = 0; call < calls; call++) yield* look
      return (performance.now() - startedAt) * 1_000 / calls
    })
    yield* micros(looks, check)
    const repeats = Array.from({ length: effort.repeats })
    return [
      cost("who is calling, remembered", yield* Effect.forEach(repeats, () => micros(looks, check)), "µs", {
        note: "one token, with what is read ahead of it from the record"
      }),
      cost(
        "who is calling, from the record",
        yield* Effect.forEach(repeats, () => micros(looksInTheRecord, forget)),
        "µs",
        {
          note: "one after the other; after a second without a call"
        }
      )
    ]
  }).pipe(
    Effect.provide([
      Tokens.layer.pipe(Layer.provide(databaseLayer({ url: Redacted.make(databaseUrl), maxConnections: 1 }))),
      Logger.layer([])
    ]),
    Effect.runPromise
  )

/** The server by itself on each runtime, over the same stores, and the look at a caller's token. */
export const doors = async (stand: Stand): Promise<ReadonlyArray<Measurement>> => {
  // Its scheduler opens the runs; it is asked for nothing else.
  const { token } = await stand.berth()
  const stores = { databaseUrl: (await stand.postgres()).url, redisUri: (await stand.berthRedis()).uri }
  const measured: Array<Measurement> = []
  for (const runtime of runtimes) measured.push(...await measureRuntime(runtime, stores, stand))
  return [...measured, ...await callerCheck(stores.databaseUrl, token, stand)]
}
