import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { RunningServer } from "./RunningServer.ts"
import { runtimes } from "./Runtimes.ts"
import { spawnServer, startServer } from "./ServerProcess.ts"
import { suite } from "./ServerSuite.ts"
import { dayFromToday } from "./TestNetwork.ts"
import { engine, readAnswer, TestStores } from "./TestServer.ts"

/** Several processes, each of which imports everything. */
const processMillisMax = 120_000

class ServerProcess extends Context.Service<ServerProcess, Effect.Success<ReturnType<typeof startServer>>>()(
  "@berth/server/test/ServerProcess"
) {}

const misconfigured = Effect.map(TestStores, ({ databaseUrl, redisUri }) => {
  const stores = { DATABASE_URL: Redacted.value(databaseUrl), REDIS_URI: Redacted.value(redisUri) }
  return [
    [{}, /DATABASE_URL/],
    [{ ...stores, REDIS_URI: "http://somewhere" }, /redis:\/\/:password@host:6379[\s\S]*REDIS_URI/],
    [{ ...stores, PORT: "many" }, /PORT/],
    [{ ...stores, REDIS_URI: "redis://127.0.0.1:1" }, /Redis at 127\.0\.0\.1:1 does not answer/]
  ] as const
})

for (const runtime of runtimes) {
  const server = Layer.effectContext(
    Effect.map(
      startServer(runtime),
      (running) => Context.make(RunningServer, running).pipe(Context.add(ServerProcess, running))
    )
  ).pipe(Layer.provideMerge(engine))

  describe(`on ${runtime}`, () => {
    layer(server, { timeout: "5 minutes", excludeTestServices: true })("a server by itself", (it) => {
      suite(it)

      it.effect("says so where it cannot listen", () =>
        Effect.gen(function*() {
          const { databaseUrl, redisUri } = yield* TestStores
          const { url } = yield* ServerProcess
          const second = yield* spawnServer(runtime, {
            DATABASE_URL: Redacted.value(databaseUrl),
            REDIS_URI: Redacted.value(redisUri),
            PORT: new URL(url).port
          })
          const { code, output } = yield* second.ended
          assert.strictEqual(code, 1, output)
          assert.match(output, /^Cannot listen on 127\.0\.0\.1:\d+: .+\. Set HOST or PORT/m)
        }), processMillisMax)

      it.effect("says what is wrong with its configuration", () =>
        Effect.gen(function*() {
          const outcomes = yield* Effect.forEach(
            yield* misconfigured,
            ([env, said]) =>
              Effect.map(
                Effect.flatMap(spawnServer(runtime, env), ({ ended }) => ended),
                (ended) => [ended, said] as const
              ),
            { concurrency: 2 }
          )
          for (const [{ code, output }, said] of outcomes) {
            assert.strictEqual(code, 1, output)
            assert.match(output, said)
            assert.notMatch(output, /^\s+at \S+ \(?\S+:\d+/m, "no stack of the program")
          }
        }), processMillisMax)

      // The last test, for it ends the server.
      it.effect("stops when it is told to, though somebody watches and a socket is open", () =>
        Effect.gen(function*() {
          const { ended, stop, url } = yield* ServerProcess
          const socket = new WebSocket(`${url.replace("http", "ws")}/rpc/ws`)
          const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)))
          yield* Effect.promise(() => new Promise((resolve) => socket.addEventListener("open", resolve)))
          const payload = { trainId: "101", date: yield* dayFromToday(5) }
          const watch = { _tag: "Request", id: "1", tag: "WatchAvailability", payload, headers: [] }
          const answered = new Promise((resolve) => socket.addEventListener("message", resolve))
          // A stop waits for who does not say that they have read what they were told.
          socket.addEventListener("message", () => socket.send(`${JSON.stringify({ _tag: "Ack", requestId: "1" })}\n`))
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
    })
  })
}
