import { PgClient } from "@effect/sql-pg"
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Redacted } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from "../src/EmbeddedPostgres.ts"
import { killedBerth } from "./killedBerth.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const start = (options: EmbeddedPostgresOptions) =>
  Effect.map(Layer.build(EmbeddedPostgres.layer(options)), (context) => Context.get(context, EmbeddedPostgres))

const query = (url: string, statement: string) =>
  Effect.scoped(Effect.gen(function*() {
    const sql = yield* PgClient.makeClient({ url: Redacted.make(url) })
    return yield* sql.unsafe(statement)
  })).pipe(Effect.provide(Reactivity.layer))

const createProof = (url: string) => query(url, "CREATE TABLE proof AS SELECT 42 AS answer")
const assertProof = Effect.fnUntraced(function*(url: string) {
  assert.deepStrictEqual(yield* query(url, "SELECT answer FROM proof"), [{ answer: 42 }])
})

const postmasterPid = (dataDir: string): number =>
  Number.parseInt(readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8"), 10)

/** Listens on a port of this machine, any for 0, until the scope closes. */
const takePort = (wanted: number) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
      const server = createServer().listen(wanted, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" ? address?.port : undefined
        resume(port === undefined ? Effect.die("no port") : Effect.succeed({ port, close: () => server.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

class Running extends Context.Service<Running, { readonly dataDir: string; readonly url: string }>()(
  "@berth/embedded/test/Running"
) {
  static readonly layer = Layer.effect(
    Running,
    Effect.gen(function*() {
      const dataDir = yield* temporaryFolder
      const { url } = yield* start({ dataDir })
      return { dataDir, url }
    })
  )
}

layer(Running.layer)("EmbeddedPostgres while it runs", (running) => {
  running.effect("is PostgreSQL 18, with the settings that Berth counts on", () =>
    Effect.gen(function*() {
      const { dataDir, url } = yield* Running
      assert.strictEqual(new URL(url).pathname, "/berth")
      const [settings] = yield* query(
        url,
        `SELECT current_setting('server_version_num')::int / 10000 AS version, current_setting('TimeZone') AS zone,
          current_setting('synchronous_commit') AS commits, current_setting('fsync') AS fsync,
          current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets`
      )
      assert.deepStrictEqual(settings, {
        version: 18,
        zone: "UTC",
        commits: "on",
        fsync: "on",
        addresses: "127.0.0.1",
        sockets: ""
      })
      assert.notStrictEqual(statSync(join(dataDir, "postgres")).uid, 0)
    }))

  running.effect("asks for a password that only the owner of the data folder can read", () =>
    Effect.gen(function*() {
      const { dataDir, url } = yield* Running
      const wrong = new URL(url)
      wrong.password = "guess"
      const error = yield* Effect.flip(query(wrong.href, "SELECT 1"))
      assert.include(String(error.cause), "AuthenticationError")
      assert.strictEqual(statSync(join(dataDir, "postgres.json")).mode & 0o077, 0)
    }))

  running.effect("logs an error without the values of the row that it is about", () =>
    Effect.gen(function*() {
      const { dataDir, url } = yield* Running
      yield* query(url, "CREATE TABLE person (name text CHECK (name !~ 'junior'))")
      const insert = Effect.scoped(Effect.gen(function*() {
        const sql = yield* PgClient.makeClient({ url: Redacted.make(url) })
        return yield* sql`INSERT INTO person VALUES (${"Zebulon junior"})`
      })).pipe(Effect.provide(Reactivity.layer))
      assert.strictEqual((yield* Effect.flip(insert)).reason._tag, "ConstraintError")
      const log = readFileSync(join(dataDir, "postgres.log"), "utf8")
      assert.include(log, "person_name_check")
      assert.notInclude(log, "Zebulon")
    }))

  running.effect("refuses a second Berth on the same data", () =>
    Effect.gen(function*() {
      const { dataDir, url } = yield* Running
      const error = yield* Effect.flip(start({ dataDir }))
      assert.strictEqual(error.reason, "FolderInUse")
      assert.deepStrictEqual(yield* query(url, "SELECT 1 AS one"), [{ one: 1 }])
    }))
})

describe("EmbeddedPostgres", () => {
  it.effect("keeps data and address from start to start, and takes another port when the old one is gone", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporaryFolder
      const first = yield* Effect.scoped(
        start({ dataDir }).pipe(Effect.tap(({ url }) => createProof(url)), Effect.map(({ url }) => url))
      )
      const second = yield* Effect.scoped(
        start({ dataDir }).pipe(Effect.tap(({ url }) => assertProof(url)), Effect.map(({ url }) => url))
      )
      assert.strictEqual(second, first)
      yield* takePort(Number(new URL(first).port))
      const third = yield* start({ dataDir })
      assert.notStrictEqual(new URL(third.url).port, new URL(first).port)
      yield* assertProof(third.url)
    }))

  it.effect("tells when PostgreSQL is killed, and recovers at the next start", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporaryFolder
      const error = yield* Effect.scoped(Effect.gen(function*() {
        const { failed, url } = yield* start({ dataDir })
        yield* createProof(url)
        const failure = yield* Effect.forkChild(Effect.flip(failed))
        process.kill(postmasterPid(dataDir), "SIGKILL")
        return yield* Fiber.join(failure)
      }))
      assert.strictEqual(error.reason, "Stopped")
      assert.include(error.message, "SIGKILL")
      yield* assertProof((yield* start({ dataDir })).url)
    }))

  it.effect("starts again after Berth itself was killed", () =>
    Effect.gen(function*() {
      const dataDir = yield* temporaryFolder
      yield* Effect.scoped(Effect.flatMap(start({ dataDir }), ({ url }) => createProof(url)))
      yield* killedBerth("postgres", dataDir)
      yield* assertProof((yield* start({ dataDir })).url)
    }))

  it.effect("says so when the chosen port is taken", () =>
    Effect.gen(function*() {
      const { port } = yield* takePort(0)
      const error = yield* Effect.flip(start({ dataDir: yield* temporaryFolder, port }))
      assert.strictEqual(error.reason, "PortInUse")
      assert.include(error.message, String(port))
    }))

  it.effect("says so when the folder can't be written", () =>
    Effect.gen(function*() {
      const file = join(yield* temporaryFolder, "file")
      writeFileSync(file, "")
      const error = yield* Effect.flip(start({ dataDir: join(file, "data") }))
      assert.strictEqual(error.reason, "FolderNotWritable")
      assert.include(error.message, join(file, "data"))
    }))

  it.effect("shows what PostgreSQL said when it does not start", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        start({ dataDir: yield* temporaryFolder, settings: { max_connections: "none" } })
      )
      assert.strictEqual(error.reason, "StartFailed")
      assert.include(error.message, "invalid value for parameter \"max_connections\"")
    }))
})
