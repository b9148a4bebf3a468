import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { runtimes } from "./Runtimes.ts"
import { spawnServer, startServer } from "./ServerProcess.ts"
import { RunningServer, suite } from "./ServerSuite.ts"
import { dayFromToday } from "./TestNetwork.ts"
import { engine, readAnswer, TestStores } from "./TestServer.ts"

/** Several processes one after the other, each of which imports everything. */
const processMillisMax = 120_000

for (const runtime of runtimes) {
  const server = Layer.effectContext(
    Effect.map(startServer(runtime), ({ url }) => Context.make(RunningServer, { url }))
  ).pipe(Layer.provideMerge(engine))

  describe(`on ${runtime}`, () => {
    layer(server, { timeout: "5 minutes", excludeTestServices: true })("a server by itself", suite)

    layer(engine, { timeout: "60 seconds", excludeTestServices: true })("a process", (it) => {
      it.effect("stops when it is told to, though somebody watches and a socket is open", () =>
        Effect.gen(function*() {
          const { ended, stop, url } = yield* startServer(runtime)
          const socket = new WebSocket(`${url.replace("http", "ws")}/rpc/ws`)
          const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)))
          yield* Effect.promise(() => new Promise((resolve) => socket.addEventListener("open", resolve)))
          const payload = { trainId: "101", date: yield* dayFromToday(5) }
          const watch = { _tag: "Request", id: "1", tag: "WatchAvailability", payload, headers: [] }
          const answered = new Promise((resolve) => socket.addEventListener("message", resolve))
          socket.send(`${JSON.stringify(watch)}\n`)
          yield* Effect.promise(() => answered)
          const overHttp = yield* Effect.promise(() =>
            fetch(`${url}/rpc`, { method: "POST", body: `${JSON.stringify(watch)}\n` })
          )
          yield* stop
          yield* readAnswer(overHttp)
          assert.deepInclude(yield* ended, { code: 0 })
          assert.strictEqual(yield* Effect.promise(() => closed), 1001)
        }), processMillisMax)

      it.effect("says so where it cannot listen", () =>
        Effect.gen(function*() {
          const { databaseUrl, redisUri } = yield* TestStores
          const first = yield* startServer(runtime)
          const second = yield* spawnServer(runtime, {
            DATABASE_URL: Redacted.value(databaseUrl),
            REDIS_URI: Redacted.value(redisUri),
            PORT: new URL(first.url).port
          })
          const { code, output } = yield* second.ended
          assert.strictEqual(code, 1, output)
          assert.match(output, /^Cannot listen on 127\.0\.0\.1:\d+: .+\. Set HOST or PORT/m)
        }), processMillisMax)

      it.effect("says what is wrong with its configuration", () =>
        Effect.gen(function*() {
          const { databaseUrl, redisUri } = yield* TestStores
          const stores = { DATABASE_URL: Redacted.value(databaseUrl), REDIS_URI: Redacted.value(redisUri) }
          for (
            const [env, said] of [
              [{}, /DATABASE_URL/],
              [{ ...stores, REDIS_URI: "http://somewhere" }, /redis:\/\/:password@host:6379[\s\S]*REDIS_URI/],
              [{ ...stores, PORT: "many" }, /PORT/],
              [{ ...stores, REDIS_URI: "redis://127.0.0.1:1" }, /Redis at 127\.0\.0\.1:1 does not answer/]
            ] as const
          ) {
            const { ended } = yield* spawnServer(runtime, env)
            const { code, output } = yield* ended
            assert.strictEqual(code, 1, output)
            assert.match(output, said)
            assert.notMatch(output, /^\s+at \S+ \(?\S+:\d+/m, "no stack of the program")
          }
        }), processMillisMax)
    })
  })
}
