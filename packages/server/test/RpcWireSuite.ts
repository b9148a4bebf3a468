import { assert, type Vitest } from "@effect/vitest"
import { Effect, Layer, Queue, Schema, Stream } from "effect"
import { Headers } from "effect/http"
import { RpcClient, RpcMiddleware } from "effect/rpc"
import { BerthRpcs1, RpcAuth1 } from "./BerthRpcs1.ts"
import { protocolOver, type Transport } from "./RpcForTests.ts"
import { call, type Needs, requestFor, RunningServer, trainId } from "./RunningServer.ts"
import { dayFromToday } from "./TestNetwork.ts"
import { tokenOf } from "./TestServer.ts"

/** A socket and what comes over it, as texts, and the code with which it is closed. */
const rawSocket = Effect.gen(function*() {
  const { url } = yield* RunningServer
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => new WebSocket(`${url.replace(/^http/, "ws")}/rpc/ws`)),
    (opened) => Effect.sync(() => opened.close())
  )
  const heard = yield* Queue.unbounded<string>()
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener("close", ({ code }) => resolve(code))
  })
  socket.addEventListener("message", ({ data }) => {
    Queue.offerUnsafe(heard, String(data))
  })
  yield* Effect.promise(() => new Promise((resolve) => socket.addEventListener("open", resolve)))
  return { socket, heard, closed: Effect.promise(() => closed) }
})

const line = (message: Schema.Json): string => `${JSON.stringify(message)}\n`

const rawCall = (tag: string, payload: Schema.Json, headers: Readonly<Record<string, string>>) =>
  line({
    _tag: "Request",
    id: "7",
    tag,
    payload,
    headers: Object.entries(headers).map(([name, value]) => [name, value])
  })

const Failed = Schema.fromJsonString(Schema.Struct({
  requestId: Schema.String,
  exit: Schema.TaggedStruct("Failure", {
    cause: Schema.Array(Schema.Struct({ _tag: Schema.String, error: Schema.optionalKey(Schema.Json) }))
  })
}))

const rawAnswer = Effect.fnUntraced(function*(transport: Transport, text: string) {
  if (transport === "HTTP") {
    return (yield* call("/rpc", { body: text })).text
  }
  const { heard, socket } = yield* rawSocket
  socket.send(text)
  return yield* Queue.take(heard)
})

/** Why a call goes wrong, in the words of the wire. */
const rawFailure = Effect.fnUntraced(function*(transport: Transport, text: string) {
  const { exit } = yield* Schema.decodeEffect(Failed)(yield* rawAnswer(transport, text))
  return exit.cause[0]
})

/** What a server answers to messages that no client of this version sends. */
export const suite = (it: Vitest.MethodsNonLive<Needs>, transport: Transport): void => {
  it.effect(`a payload over ${transport} that cannot be read is refused by field`, () =>
    Effect.gen(function*() {
      const authorization = `Bearer ${yield* tokenOf("passenger")}`
      const request = { ...yield* requestFor(5), passengers: [{ name: "Example", age: 200 }] }
      const payload: Schema.Json = JSON.parse(JSON.stringify({ request }))
      const version2 = { authorization, "berth-rpc-version": "2" }
      const failure = yield* rawFailure(transport, rawCall("Book", payload, version2))
      assert.strictEqual(failure?._tag, "Fail")
      assert.deepInclude(JSON.parse(JSON.stringify(failure?.error)), {
        _tag: "InvalidRequest",
        errors: [{
          in: "body",
          path: ["request", "passengers", 0, "age"],
          message: "Expected a value between 0 and 125"
        }]
      })
      assert.strictEqual((yield* rawFailure(transport, rawCall("Book", payload, { authorization })))?._tag, "Die")
    }))

  it.effect(`a client of version 1 is served over ${transport}`, () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const auth = RpcMiddleware.layerClient(
        RpcAuth1,
        ({ next, request }) =>
          next({ ...request, headers: Headers.set(request.headers, "authorization", `Bearer ${token}`) })
      )
      const { url } = yield* RunningServer
      const services = yield* Layer.build(Layer.merge(auth, protocolOver(transport, url)))
      const old = yield* Effect.provide(RpcClient.make(BerthRpcs1), services)

      assert.lengthOf((yield* old.Stations({ query: "AAA" })).stations, 1)
      const date = yield* dayFromToday(transport === "HTTP" ? 16 : 17)
      const found = yield* old.Search({ from: "BBB", to: "CCC", date })
      assert.strictEqual(found.trains[0]?.availability[0]?.travelClass, "SL")
      const request = { trainId, date, travelClass: "SL" as const, passengers: [{ name: "Example", age: 30 }] }
      const booking = yield* old.Book({ request })
      assert.deepEqual(yield* old.Show({ pnr: booking.pnr }), booking)
      assert.strictEqual((yield* old.Bookings({})).bookings[0]?.pnr, booking.pnr)
      const { seats } = yield* old.Seats({ trainId, date, travelClass: "SL" })
      assert.lengthOf(seats.filter(({ state }) => state === "taken"), 1)
      const free = yield* Stream.runHead(old.WatchAvailability({ trainId, date }))
      assert.strictEqual(free._tag === "Some" ? free.value.classes[0]?.quotas[0]?.free : undefined, 71)
      yield* old.Cancel({ pnr: booking.pnr, request: {} })
      const again = yield* Effect.flip(old.Cancel({ pnr: booking.pnr, request: {} }))
      assert.strictEqual(again._tag, "NothingToCancel")
    }))

  it.effect(`a client of an unknown version is told over ${transport} which ones there are`, () =>
    Effect.gen(function*() {
      for (const version of ["0", "3", "two", "2.0"]) {
        const failure = yield* rawFailure(transport, rawCall("Stations", {}, { "berth-rpc-version": version }))
        assert.deepInclude(JSON.parse(JSON.stringify(failure?.error)), {
          _tag: "RpcVersionNotSpoken",
          asked: version,
          spoken: [1, 2]
        })
      }
    }))
}

export const socketSuite = (it: Vitest.MethodsNonLive<Needs>): void => {
  it.effect("a socket that sends what is no remote call, or too much of it, is closed", () =>
    Effect.gen(function*() {
      for (const nonsense of ["nonsense\n", "[1]\n", "null\n", line({ _tag: "Request", id: "1" })]) {
        const { closed, socket } = yield* rawSocket
        socket.send(nonsense)
        assert.strictEqual(yield* closed, 1007, nonsense)
      }
      const watch = rawCall("WatchAvailability", { trainId, date: yield* dayFromToday(5) }, {})
      const twice = yield* rawSocket
      twice.socket.send(watch)
      twice.socket.send(watch)
      assert.strictEqual(yield* twice.closed, 1011, "an id that is in use")
      const { closed, socket } = yield* rawSocket
      socket.send(" ".repeat(256 * 1024 + 1))
      assert.include([1006, 1009], yield* closed)
    }))
}
