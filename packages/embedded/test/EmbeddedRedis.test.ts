import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Option } from "effect"
import { Redis } from "ioredis"
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { createConnection } from "node:net"
import { join } from "node:path"
import { EmbeddedRedis, type EmbeddedRedisOptions } from "../src/EmbeddedRedis.ts"
import { findRedis } from "../src/NativeRedis.ts"
import { compactForms } from "../src/RedisSettings.ts"
import { killedBerth } from "./killedBerth.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const start = (options: EmbeddedRedisOptions) =>
  Effect.map(Layer.build(EmbeddedRedis.layer(options)), (context) => Context.get(context, EmbeddedRedis))

const withPath = (path: string) => ConfigProvider.layer(ConfigProvider.fromUnknown({ PATH: path }))

const ask = <A>(uri: string, use: (redis: Redis) => Promise<A>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const redis = new Redis(uri, {
        lazyConnect: true,
        maxRetriesPerRequest: 0,
        retryStrategy: () => null
      })
      redis.on("error", () => {})
      return redis
    }),
    (redis) => Effect.tryPromise(() => redis.connect().then(() => use(redis))),
    (redis) => Effect.sync(() => redis.disconnect())
  )

/** What a stranger on this machine hears, who has no password. */
const pingAsStranger = (uri: string) =>
  Effect.callback<string>((resume) => {
    const socket = createConnection(Number(new URL(uri).port), "127.0.0.1", () => socket.write("PING\r\n"))
    socket.once("data", (answer) => {
      socket.destroy()
      resume(Effect.succeed(String(answer)))
    })
  })

const assertSettings = Effect.fnUntraced(function*(uri: string) {
  const wanted = { "maxmemory-policy": "noeviction", ...compactForms }
  const settings = yield* ask(uri, (redis) => redis.config("GET", ...Object.keys(wanted)))
  assert.sameMembers(settings.flat(), Object.entries(wanted).flat())
  assert.include(yield* pingAsStranger(uri), "NOAUTH")
})

describe("EmbeddedRedis", () => {
  it.effect("takes the store in WebAssembly when the PATH has no other", () =>
    Effect.gen(function*() {
      const redis = yield* start({ dataDir: yield* temporaryFolder, kind: "auto" })
      assert.strictEqual(redis.kind, "wasm")
      assert.isFalse(redis.persistent)
      assert.match(redis.version, /^\d+\.\d+\.\d+$/)
      yield* assertSettings(redis.uri)
    }).pipe(Effect.provide(withPath(""))))

  it.effect("answers 1,000 commands one after the other from its thread", () =>
    Effect.gen(function*() {
      const { uri } = yield* start({ dataDir: yield* temporaryFolder, kind: "wasm" })
      const last = yield* ask(uri, async (redis) => {
        for (let i = 1; i < 1_000; i++) await redis.incr("count")
        return redis.incr("count")
      })
      assert.strictEqual(last, 1_000)
    }))

  it.effect("tells when the thread has ended", () =>
    Effect.gen(function*() {
      const { failed, uri } = yield* start({ dataDir: yield* temporaryFolder, kind: "wasm" })
      yield* Effect.flip(ask(uri, (redis) => redis.shutdown("NOSAVE")))
      assert.strictEqual((yield* Effect.flip(failed)).reason, "Stopped")
    }))

  it.effect("says what to do when a native store is asked for and there is none", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(start({ dataDir: yield* temporaryFolder, kind: "native" }))
      assert.strictEqual(error.reason, "BinaryMissing")
      assert.include(error.message, "REDIS_URI")
    }).pipe(Effect.provide(withPath(""))))

  it.effect("passes over a Redis that is too old, and takes Valkey before Redis", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const install = (name: string, version: string) => {
        writeFileSync(join(folder, name), `#!/bin/sh\necho "${version} sha=0"\n`)
        chmodSync(join(folder, name), 0o755)
      }
      const find = Effect.provide(findRedis, withPath(folder))
      install("redis-server", "Redis server v=6.2.14")
      assert.isTrue(Option.isNone(yield* find))
      install("redis-server", "Redis server v=7.0.15")
      assert.strictEqual(Option.getOrUndefined(yield* find)?.version, "7.0.15")
      install("valkey-server", "Valkey server v=8.1.0")
      assert.strictEqual(Option.getOrUndefined(yield* find)?.path, join(folder, "valkey-server"))
    }))

  it.effect("says so when the folder can't be written", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "file")
      writeFileSync(file, "")
      const error = yield* Effect.flip(start({ dataDir: join(file, "data"), kind: "wasm" }))
      assert.strictEqual(error.reason, "FolderNotWritable")
    }))
})

const native = Effect.runSync(findRedis)

describe.skipIf(Option.isNone(native))("EmbeddedRedis with valkey-server or redis-server on the PATH", () => {
  it.effect("takes it, and keeps data and address from start to start", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporaryFolder
      const run = <A>(use: (redis: Redis) => Promise<A>) =>
        Effect.scoped(Effect.gen(function*() {
          const started = yield* start({ dataDir, kind: "auto" })
          assert.strictEqual(started.kind, "native")
          assert.isTrue(started.persistent)
          yield* assertSettings(started.uri)
          return { port: new URL(started.uri).port, answer: yield* ask(started.uri, use) }
        }))
      const first = yield* run((redis) => redis.set("proof", "42"))
      const second = yield* run((redis) => redis.get("proof"))
      assert.deepStrictEqual(second, { port: first.port, answer: "42" })
      assert.strictEqual(statSync(join(dataDir, "redis.json")).mode & 0o077, 0)
    }))

  it.effect("tells when Redis is killed, and starts again with what it had written", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporaryFolder
      const error = yield* Effect.scoped(Effect.gen(function*() {
        const { failed, uri } = yield* start({ dataDir, kind: "native" })
        yield* ask(uri, (redis) => redis.set("proof", "42"))
        process.kill(Number(readFileSync(join(dataDir, "redis", "redis.pid"), "utf8")), "SIGKILL")
        return yield* Effect.flip(failed)
      }))
      assert.strictEqual(error.reason, "Stopped")
      const { uri } = yield* start({ dataDir, kind: "native" })
      assert.strictEqual(yield* ask(uri, (redis) => redis.get("proof")), "42")
    }))

  it.effect("starts again after Berth itself was killed, without the Redis that was left behind", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporaryFolder
      yield* killedBerth("redis", dataDir)
      const orphan = Number(readFileSync(join(dataDir, "redis", "redis.pid"), "utf8"))
      yield* start({ dataDir, kind: "native" })
      assert.notStrictEqual(Number(readFileSync(join(dataDir, "redis", "redis.pid"), "utf8")), orphan)
      assert.isFalse(existsSync(`/proc/${orphan}/exe`))
    }))

  it.effect("refuses a second Berth on the same data", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporaryFolder
      yield* start({ dataDir, kind: "native" })
      assert.strictEqual((yield* Effect.flip(start({ dataDir, kind: "native" }))).reason, "FolderInUse")
    }))
})
