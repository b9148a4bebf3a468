import { Stations } from "@berth/engine/timetable/Stations"
import * as NodeServer from "@berth/server/NodeServer"
import { assert, layer } from "@effect/vitest"
import { Cause, Clock, Context, Effect, Exit, Fiber, Layer, Logger, References, Schema, Scope } from "effect"
import { HttpServer } from "effect/http"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { connect } from "node:net"
import { dayFromToday } from "./TestNetwork.ts"
import { engine, readAnswer, tokenOf, toRequest } from "./TestServer.ts"

const startWith = Effect.fnUntraced(function*(options: { readonly connectionsMax?: number }) {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const server = NodeServer.layer({ host: "127.0.0.1", port: 0, ...options })
  const built = yield* Layer.build(server).pipe(Scope.provide(scope))
  const { address } = Context.get(built, HttpServer.HttpServer)
  return { url: new URL(HttpServer.formatAddress(address)), stop: Scope.close(scope, Exit.void) }
})
const start = startWith({})

const decodeCount = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ count: Schema.Int })]))

/** Turns of the process, far more than a stop needs whose time is over. */
const turnsMax = 10_000

const opened = (url: URL) =>
  Effect.callback<ReturnType<typeof connect>>((resume) => {
    const socket = connect(Number(url.port), url.hostname, () => resume(Effect.succeed(socket)))
  })

const ended = (socket: ReturnType<typeof connect>) =>
  Effect.callback<string>((resume) => {
    const chunks: Array<Buffer> = []
    socket.on("data", (chunk: Buffer) => chunks.push(chunk))
    socket.on("error", () => {})
    socket.once("close", () => resume(Effect.succeed(Buffer.concat(chunks).toString())))
  })

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("the server on Node", (it) => {
  it.effect("a stop waits neither for connections without a request nor for watches", () =>
    Effect.gen(function*() {
      const { stop, url } = yield* start
      const silent = yield* opened(url)
      const payload = { trainId: "101", date: yield* dayFromToday(5) }
      const body = JSON.stringify({ _tag: "Request", id: "1", tag: "WatchAvailability", payload, headers: [] })
      const watch = yield* Effect.promise(() => fetch(new URL("/rpc", url), { method: "POST", body: `${body}\n` }))
      const silentEnd = yield* Effect.forkChild(ended(silent), { startImmediately: true })
      const watchEnd = yield* Effect.forkChild(readAnswer(watch), { startImmediately: true })
      const inTime = yield* Effect.timeoutOption(stop, "5 seconds")
      assert.strictEqual(inTime._tag, "Some")
      assert.isDefined(silentEnd.pollUnsafe())
      assert.isDefined(watchEnd.pollUnsafe())
    }))

  it.effect("a connection too many is closed at once, and there is room when another has gone", () =>
    Effect.gen(function*() {
      const { url } = yield* startWith({ connectionsMax: 2 })
      const first = yield* opened(url)
      const second = yield* opened(url)
      assert.strictEqual(yield* ended(yield* opened(url)), "")
      first.destroy()
      const { status } = yield* Effect.eventually(Effect.tryPromise(() => fetch(new URL("/health/live", url))))
      assert.strictEqual(status, 200)
      assert.isFalse(second.destroyed)
    }))

  it.effect("a stop waits for a booking under way, and answers it", () =>
    Effect.gen(function*() {
      const { stop, url } = yield* start
      const sql = yield* SqlClient.SqlClient
      const token = yield* tokenOf("passenger")
      const date = yield* dayFromToday(6)
      const passengers = [{ name: "Example", age: 18 }]
      const booking = { trainId: "101", date, travelClass: "SL", quota: "GENERAL", passengers }
      const { booked, stopped } = yield* sql.withTransaction(Effect.gen(function*() {
        yield* sql`SELECT pg_advisory_xact_lock(id) FROM run WHERE train_id = '101' AND date = ${date}::text::date`
        const call = toRequest(new URL("/api/bookings", url).href, { token, body: booking })
        const fiber = yield* Effect.forkDetach(
          Effect.flatMap(Effect.promise(() => fetch(call)), readAnswer),
          { startImmediately: true }
        )
        yield* Effect.repeat(
          Effect.flatMap(
            sql`SELECT count(*)::int AS count FROM pg_locks
              WHERE NOT granted AND locktype = 'advisory' AND database = (
                SELECT oid FROM pg_database WHERE datname = current_database())`,
            decodeCount
          ),
          { until: ([{ count }]) => count > 0 }
        )
        return { booked: fiber, stopped: yield* Effect.forkDetach(stop, { startImmediately: true }) }
      }))
      assert.strictEqual((yield* Fiber.join(booked)).status, 201)
      yield* Fiber.join(stopped)
    }))

  it.effect("a stop breaks off a booking of which the body does not come", () =>
    Effect.gen(function*() {
      const { stop, url } = yield* start
      const socket = yield* opened(url)
      const end = yield* Effect.forkChild(ended(socket), { startImmediately: true })
      socket.write("POST /api/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n")
      // It is sent later, and so read later.
      yield* Effect.promise(() => fetch(new URL("/health/live", url)))
      const clock = yield* TestClock.make()
      const stopping = yield* Effect.forkChild(Effect.provideService(stop, Clock.Clock, clock), {
        startImmediately: true
      })
      const passing = Effect.andThen(clock.adjust("1 second"), Effect.yieldNow)
      yield* Effect.repeat(passing, { until: () => stopping.pollUnsafe() !== undefined, times: turnsMax })
      assert.isDefined(stopping.pollUnsafe())
      yield* Fiber.join(end)
    }))

  it.effect("what is no HTTP, and headers that are too large, are answered with problems", () =>
    Effect.gen(function*() {
      const { url } = yield* start
      for (
        const [sent, status] of [["nonsense\r\n\r\n", 400], [
          `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`,
          431
        ]] as const
      ) {
        const socket = yield* opened(url)
        socket.write(sent)
        const answer = yield* ended(socket)
        assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
        assert.include(answer, "application/problem+json")
      }
      const head = yield* opened(url)
      head.write(`HEAD /${"x".repeat(20_000)} HTTP/1.1\r\n\r\n`)
      const answer = yield* ended(head)
      assert.match(answer, /^HTTP\/1\.1 431 /)
      assert.isTrue(answer.endsWith("\r\n\r\n"), "an answer to HEAD has no body")
    }))

  it.effect("a fault of the program is answered without its story, which the log has under the request's id", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const log = Logger.make(({ cause, fiber, message }) => {
        lines.push(
          `${String(message)} ${Cause.pretty(cause)} ${JSON.stringify(fiber.getRef(References.CurrentLogAnnotations))}`
        )
      })
      const stations = yield* Stations
      const { url } = yield* start.pipe(
        Effect.provideService(Stations, { ...stations, search: () => Effect.die(new Error("secret")) }),
        Effect.provide(Logger.layer([log]))
      )
      const answer = yield* Effect.flatMap(Effect.promise(() => fetch(new URL("/api/stations", url))), readAnswer)
      assert.deepEqual([answer.status, answer.body["_tag"]], [500, "InternalError"])
      assert.notInclude(answer.text, "secret")
      assert.isTrue(lines.some((line) => line.includes("secret") && line.includes(String(answer.body["requestId"]))))
    }))
})
