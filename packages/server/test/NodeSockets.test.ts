import * as NodeServer from "@berth/server/NodeServer"
import { socketLimits } from "@berth/server/SocketLimits"
import { WebSocket } from "@effect/platform-node/NodeWS"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { connect } from "node:net"
import { dayFromToday } from "./TestNetwork.ts"
import { engine, tokenOf } from "./TestServer.ts"

const limits = { socketsMax: 2, patienceMillis: 200, heartbeatMillis: 100 }

const start = Effect.fnUntraced(function*(sockets = socketLimits) {
  const built = yield* Layer.build(NodeServer.layer({ host: "127.0.0.1", port: 0, sockets }))
  return new URL(HttpServer.formatAddress(Context.get(built, HttpServer.HttpServer).address))
})

const opened = Effect.fnUntraced(function*(url: URL, headers: Readonly<Record<string, string>> = {}) {
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => new WebSocket(`ws://${url.host}/rpc/ws`, { headers })),
    (open) => Effect.sync(() => open.terminate())
  )
  socket.on("error", () => {})
  const closed = new Promise<number>((resolve) => socket.once("close", resolve))
  yield* Effect.promise(() => new Promise((resolve) => socket.once("open", resolve)))
  return { socket, closed: Effect.promise(() => closed) }
})

const call = (id: string, tag: string, payload: object) =>
  `${JSON.stringify({ _tag: "Request", id, tag, payload, headers: [] })}\n`

const next = (socket: WebSocket) =>
  Effect.callback<string>((resume) => {
    socket.once("message", (data) => resume(Effect.succeed(String(data))))
  })

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("WebSockets on Node", (it) => {
  it.effect("a token may come with the request that opens the socket", () =>
    Effect.gen(function*() {
      const { socket } = yield* opened(yield* start(), { authorization: `Bearer ${yield* tokenOf("passenger")}` })
      const answer = next(socket)
      socket.send(call("1", "Bookings", {}))
      assert.include(yield* answer, `"bookings":[]`)
    }))

  it.effect("a caller who asks on and on and does not read is dropped", () =>
    Effect.gen(function*() {
      const url = yield* start({ ...limits, heartbeatMillis: socketLimits.heartbeatMillis })
      const { closed, socket } = yield* opened(url)
      const date = yield* dayFromToday(5)
      socket.pause()
      let id = 0
      // The kernel takes a few megabytes before anything has to wait.
      const ask = setInterval(() => {
        for (let calls = 0; calls < 50; calls++) {
          socket.send(call(String(++id), "Seats", { trainId: "101", date, travelClass: "SL" }))
        }
      }, 1)
      yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(ask)))
      yield* closed
    }))

  it.effect("a caller who gives no sign of life is dropped, and one who answers pings stays", () =>
    Effect.gen(function*() {
      const url = yield* start(limits)
      const { socket } = yield* opened(url)
      const silent = connect(Number(url.port), url.hostname)
      const ended = new Promise((resolve) => silent.once("close", resolve))
      silent.on("error", () => {}).on("data", () => {})
      silent.write([
        "GET /rpc/ws HTTP/1.1",
        `Host: ${url.host}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "\r\n"
      ].join("\r\n"))
      yield* Effect.promise(() => ended)
      assert.strictEqual(socket.readyState, WebSocket.OPEN)
    }))

  it.effect("a socket too many is told to try again later, and there is room when another was closed", () =>
    Effect.gen(function*() {
      const url = yield* start({ ...socketLimits, socketsMax: 2 })
      const first = yield* opened(url)
      yield* opened(url)
      const third = yield* opened(url)
      assert.strictEqual(yield* third.closed, 1013)
      first.socket.close()
      yield* first.closed
      const { socket } = yield* opened(url)
      const answer = next(socket)
      socket.send(call("1", "Stations", {}))
      assert.include(yield* answer, "Station AAA")
    }))

  it.effect("other upgrades are answered as any request", () =>
    Effect.gen(function*() {
      const url = yield* start()
      const socket = connect(Number(url.port), url.hostname)
      const chunks: Array<Buffer> = []
      const ended = new Promise((resolve) => socket.once("close", resolve))
      socket.on("data", (chunk: Buffer) => chunks.push(chunk))
      socket.write(`GET /health/live HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`)
      yield* Effect.promise(() => ended)
      assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 200 OK[\s\S]+"status":"ok"/)
    }))
})
