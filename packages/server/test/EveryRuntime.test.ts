import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { runtimes } from "./Runtimes.ts"
import { spawnServer, startServer } from "./ServerProcess.ts"
import { RunningServer, suite } from "./ServerSuite.ts"
import { engine } from "./TestServer.ts"

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
          const watch = { _tag: "Request", id: "1", tag: "Stations", payload: {}, headers: [] }
          const answered = new Promise((resolve) => socket.addEventListener("message", resolve))
          socket.send(`${JSON.stringify(watch)}\n`)
          yield* Effect.promise(() => answered)
          yield* stop
          assert.deepInclude(yield* ended, { code: 0 })
          assert.strictEqual(yield* Effect.promise(() => closed), 1001)
        }))

      it.effect("says what is wrong with its configuration", () =>
        Effect.gen(function*() {
          const stores = { DATABASE_URL: "postgres://u:p@127.0.0.1:1/d", REDIS_URI: "redis://127.0.0.1:1" }
          for (
            const [env, said] of [
              [{}, /DATABASE_URL/],
              [{ ...stores, REDIS_URI: "http://somewhere" }, /redis:\/\/:password@host:6379[\s\S]*REDIS_URI/],
              [{ ...stores, PORT: "many" }, /PORT/],
              [stores, /127\.0\.0\.1:1|PostgreSQL|Redis/]
            ] as const
          ) {
            const { ended } = yield* spawnServer(runtime, env)
            const { code, output } = yield* ended
            assert.strictEqual(code, 1, output)
            assert.match(output, said)
            assert.notMatch(output, /^\s+at /m, "no stack of the program")
          }
        }))
    })
  })
}
