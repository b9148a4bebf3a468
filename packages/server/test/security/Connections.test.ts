import { pipelinedMax } from "@berth/server/PipelineLimit"
import { frameBytesMax } from "@berth/server/SocketLimits"
import { WebSocket } from "@effect/platform-node/NodeWS"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { engine } from "../TestServer.ts"
import { residentBytes } from "./fuzz/Fuzz.ts"
import { startFuzzed } from "./FuzzedServer.ts"
import { exchangeRaw, openSocket, statusesOf, untilEnd } from "./RawClient.ts"

/** For what leaves the server as it was: starting one takes longer than most of these tests. */
class FuzzedServer extends Context.Service<FuzzedServer, Effect.Success<typeof startFuzzed>>()(
  "@berth/server/test/security/FuzzedServer"
) {
  static readonly layer = Layer.effect(FuzzedServer, startFuzzed)
}

const mebibyte = 1024 * 1024

/** What the server may grow by under a flood that it refuses or lets wait. */
const growthBytesMax = 128 * mebibyte

const idleSockets = 2_000

const slowSockets = 200

const pipelinedRequests = 5_000

const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`

const last = "Connection: close\r\n"

const post = (headers: string, body: string) =>
  `POST /api/account/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n${body}`

const trainRequest = get("/api/trains/101", last)

layer(engine, { timeout: "120 seconds", excludeTestServices: true })(
  "connections that do harm elsewhere",
  (engineIt) => {
    engineIt.effect(
      "while thousands say nothing, or one byte, others are served, and memory stays",
      () =>
        Effect.gen(function*() {
          const { aim: { url }, health, pid } = yield* startFuzzed
          yield* exchangeRaw(url, trainRequest)
          const before = residentBytes(pid ?? 0)
          yield* Effect.forEach(Array.from({ length: idleSockets }), () => openSocket(url), { concurrency: 50 })
          for (let started = 0; started < slowSockets; started++) {
            const inHeaders = yield* openSocket(url)
            inHeaders.write("GET /api/trains/101 HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            const inBody = yield* openSocket(url)
            inBody.write(
              "POST /api/account/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
                "Content-Length: 1000\r\n\r\n{"
            )
          }
          assert.strictEqual(yield* health, 200)
          assert.deepEqual(statusesOf(yield* exchangeRaw(url, trainRequest)), [200])
          assert.isBelow(residentBytes(pid ?? 0) - before, growthBytesMax)
        }),
      120_000
    )

    engineIt.layer(FuzzedServer.layer, { timeout: "60 seconds" })("on one server", (it) => {
      it.effect(
        "headers that never end are answered with 408, and the connection is closed",
        () =>
          Effect.gen(function*() {
            const { aim: { url } } = yield* FuzzedServer
            const answer = yield* exchangeRaw(url, "GET /api/trains/101 HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            assert.deepEqual(statusesOf(answer), [408])
            assert.include(answer, "\"_tag\":\"UnreadableRequest\"")
          }),
        60_000
      )

      it.effect(
        "requests that a proxy in front may read otherwise are refused, and what follows them is not heard",
        () =>
          Effect.gen(function*() {
            const { aim: { url } } = yield* FuzzedServer
            const hidden = get("/api/hidden", last)
            const shapes = [
              post(`Content-Length: ${5 + hidden.length}\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${hidden}`),
              post(`Transfer-Encoding: chunked\r\nContent-Length: 4\r\n`, `0\r\n\r\n${hidden}`),
              post("Content-Length: 2\r\nContent-Length: 60\r\n", `{}${hidden}`),
              post("Content-Length: 2, 2\r\n", `{}${hidden}`),
              post("Content-Length: +2\r\n", `{}${hidden}`),
              post("Content-Length: 0x2\r\n", `{}${hidden}`),
              post("Content-Length : 2\r\n", `{}${hidden}`),
              post("Transfer-Encoding: xchunked\r\n", `0\r\n\r\n${hidden}`),
              post("Transfer-Encoding: chunked, identity\r\n", `0\r\n\r\n${hidden}`),
              post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", `0\r\n\r\n${hidden}`),
              post("Transfer-Encoding:\u000bchunked\r\n", `0\r\n\r\n${hidden}`),
              post("Transfer-Encoding: chunked\r\n", `0;\n\r\n\r\n${hidden}`),
              post("Transfer-Encoding: chunked\r\n", `ffffffffffffffffff\r\n${hidden}`),
              post("X-Folded: one\r\n Content-Length: 2\r\n", `{}${hidden}`),
              `GET /api/trains/101 HTTP/1.1\nHost: x\n\n${hidden}`,
              `GET /api/trains/101 HTTP/1.1\r\nHost: x\r\n\0: y\r\n\r\n${hidden}`,
              `GET /api/trains/101 HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n${hidden}`,
              `GET /api/trains/101 HTTP/1.1\r\n\r\n${hidden}`,
              `GET /api/trains/101 HTTP/9.9\r\nHost: x\r\n\r\n${hidden}`
            ]
            for (const shape of shapes) {
              const answer = yield* exchangeRaw(url, shape)
              assert.deepEqual(statusesOf(answer), [400], JSON.stringify(shape))
              assert.notInclude(answer, "PathNotFound", JSON.stringify(shape))
            }
          }),
        60_000
      )

      it.effect(
        "a flood of requests on one connection ends it, and a few of them are answered in order",
        () =>
          Effect.gen(function*() {
            const { aim: { url }, pid } = yield* FuzzedServer
            const before = residentBytes(pid ?? 0)
            for (let flood = 0; flood < 10; flood++) {
              const socket = yield* openSocket(url)
              socket.write(get("/api/trains/101").repeat(pipelinedRequests))
              const served = yield* exchangeRaw(url, trainRequest)
              assert.deepEqual(statusesOf(served), [200], served)
              yield* untilEnd(socket)
            }
            const few = yield* exchangeRaw(
              url,
              get("/api/trains/101").repeat(pipelinedMax - 1) + get("/api/nothing", last)
            )
            assert.deepEqual(statusesOf(few), [...Array.from({ length: pipelinedMax - 1 }, () => 200), 404])
            assert.isBelow(residentBytes(pid ?? 0) - before, growthBytesMax)
          }),
        60_000
      )
    })

    engineIt.effect("headers and frames of megabytes are cut off before they are kept", () =>
      Effect.gen(function*() {
        const { aim: { url }, health, pid } = yield* startFuzzed
        const before = residentBytes(pid ?? 0)
        for (let round = 0; round < 20; round++) {
          const many = yield* exchangeRaw(url, `GET / HTTP/1.1\r\nHost: x\r\n${"X-A: b\r\n".repeat(300_000)}`)
          assert.deepEqual(statusesOf(many), [431])
          const long = yield* exchangeRaw(url, `GET /${"a".repeat(2 * mebibyte)} HTTP/1.1\r\nHost: x\r\n\r\n`)
          assert.deepEqual(statusesOf(long), [431])
          const code = yield* Effect.promise(() =>
            new Promise<number>((resolve) => {
              const socket = new WebSocket(`ws://${url.host}/rpc/ws`).on("error", () => {})
              socket.once("open", () => socket.send(Buffer.alloc(16 * frameBytesMax, 32)))
              socket.once("close", resolve)
            })
          )
          assert.include([1006, 1009], code)
        }
        assert.strictEqual(yield* health, 200)
        assert.isBelow(residentBytes(pid ?? 0) - before, growthBytesMax)
      }), 60_000)
  }
)
