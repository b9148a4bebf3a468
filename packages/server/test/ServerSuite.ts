import { BookingRequest } from "@berth/domain/BookingRequest"
import { TrainId } from "@berth/domain/TrainId"
import { EventPublisher } from "@berth/engine/events/EventPublisher"
import { assert, type Vitest } from "@effect/vitest"
import { Context, Effect, Layer, Option, Queue, Schema, Stream } from "effect"
import { Headers } from "effect/http"
import { RpcClient, RpcMiddleware } from "effect/rpc"
import { BerthRpcs1, RpcAuth1 } from "./BerthRpcs1.ts"
import { eventSource } from "./EventMessages.ts"
import { protocolOver, rpcOver, transports } from "./RpcForTests.ts"
import { dayFromToday } from "./TestNetwork.ts"
import { type Asked, type engine, readAnswer, tokenOf, toRequest } from "./TestServer.ts"

/** The server that is tried. */
export class RunningServer extends Context.Service<RunningServer, { readonly url: string }>()(
  "@berth/server/test/RunningServer"
) {}

const trainId = TrainId.make("101")
const smallTrain = TrainId.make("102")

const call = Effect.fnUntraced(function*(path: string, asked: Asked = {}) {
  const { url } = yield* RunningServer
  return yield* readAnswer(yield* Effect.promise(() => fetch(toRequest(`${url}${path}`, asked))))
})

const clientOver = Effect.fnUntraced(function*(transport: (typeof transports)[number], token: string) {
  return yield* rpcOver(transport, (yield* RunningServer).url, token)
})

const requestFor = Effect.fnUntraced(function*(days: number, train = trainId, travellers = 2) {
  return yield* Schema.decodeUnknownEffect(BookingRequest)({
    trainId: train,
    date: yield* dayFromToday(days),
    travelClass: "SL",
    passengers: Array.from({ length: travellers }, () => ({ name: "Example", age: 30 }))
  })
})

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

const rawAnswer = Effect.fnUntraced(function*(transport: (typeof transports)[number], text: string) {
  if (transport === "HTTP") {
    return (yield* call("/rpc", { body: text })).text
  }
  const { heard, socket } = yield* rawSocket
  socket.send(text)
  return yield* Queue.take(heard)
})

/** Why a call goes wrong, in the words of the wire. */
const rawFailure = Effect.fnUntraced(function*(transport: (typeof transports)[number], text: string) {
  const { exit } = yield* Schema.decodeEffect(Failed)(yield* rawAnswer(transport, text))
  return exit.cause[0]
})

type Needs = RunningServer | Layer.Success<typeof engine>

/** What a server answers on every runtime; it knows nothing of the server but its address and its stores. */
export const suite = (it: Vitest.MethodsNonLive<Needs>): void => {
  it.effect("health, the timetable, the description and the figures are there", () =>
    Effect.gen(function*() {
      assert.deepEqual((yield* call("/health")).body, { status: "ok" })
      assert.strictEqual((yield* call("/api/trains/101")).body["name"], "Train 101")
      for (const path of ["/openapi.json", "/docs", "/metrics", "/health/live"]) {
        assert.strictEqual((yield* call(path)).status, 200, path)
      }
    }))

  it.effect("a booking is made once for a key, shown and cancelled over HTTP", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const asked = { token, headers: { "idempotency-key": "once" }, body: JSON.stringify(yield* requestFor(5)) }
      const made = yield* call("/api/bookings", asked)
      assert.strictEqual(made.status, 201, made.text)
      const again = yield* call("/api/bookings", asked)
      assert.deepEqual([again.status, again.text], [200, made.text])
      const path = `/api/bookings/${String(made.body["pnr"])}`
      assert.strictEqual((yield* call(path, { token })).body["status"], "CONFIRMED")
      const cancelled = yield* call(`${path}/cancel`, { token, method: "POST" })
      assert.strictEqual(cancelled.status, 200, cancelled.text)
    }))

  it.effect("events of a booking come as they happen, and after a break those that were not seen", () =>
    Effect.scoped(Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const { publish } = yield* EventPublisher
      const made = yield* call("/api/bookings", { token, body: JSON.stringify(yield* requestFor(5)) })
      const path = `/api/bookings/${String(made.body["pnr"])}`
      const url = `${(yield* RunningServer).url}${path}/events`
      yield* publish
      const kinds: Array<string> = []
      const lastId = yield* Effect.scoped(Effect.gen(function*() {
        const source = yield* eventSource(url, { authorization: `Bearer ${token}` })
        kinds.push(Option.getOrThrow(yield* source.next).kind)
        return source.lastId()
      }))
      const source = yield* eventSource(url, { authorization: `Bearer ${token}`, "last-event-id": lastId })
      yield* call(`${path}/cancel`, { token, method: "POST" })
      yield* publish
      kinds.push(Option.getOrThrow(yield* source.next).kind)
      assert.deepEqual(kinds, ["booked", "cancelled"])
    })))

  it.effect("what is asked wrongly is answered with problems", () =>
    Effect.gen(function*() {
      const token = yield* tokenOf("passenger")
      const request = { ...yield* requestFor(5), passengers: [{ name: "", age: 200 }] }
      const bad = yield* call("/api/bookings", { token, body: JSON.stringify(request) })
      assert.deepEqual([bad.status, bad.body["_tag"]], [400, "InvalidRequest"])
      const large = yield* call("/api/bookings", { token, body: " ".repeat(65_537) })
      assert.deepEqual([large.status, large.body["_tag"]], [413, "PayloadTooLarge"])
      assert.strictEqual((yield* call("/api/nothing")).body["_tag"], "PathNotFound")
      assert.strictEqual((yield* call("/api/bookings")).body["_tag"], "Unauthorized")
      assert.strictEqual((yield* call("/rpc")).body["_tag"], "MethodNotAllowed")
      assert.strictEqual((yield* call("/rpc/ws")).body["_tag"], "UpgradeNeeded")
    }))

  for (const transport of transports) {
    it.effect(`remote calls over ${transport} do the same, and their errors arrive as themselves`, () =>
      Effect.gen(function*() {
        const client = yield* clientOver(transport, yield* tokenOf("passenger"))
        const other = yield* clientOver(transport, yield* tokenOf("passenger"))
        const nobody = yield* clientOver(transport, "nothing")
        const booking = yield* client.Book({ request: yield* requestFor(6) })
        assert.deepEqual(yield* client.Show({ pnr: booking.pnr }), booking)
        assert.strictEqual((yield* Effect.flip(other.Show({ pnr: booking.pnr })))._tag, "BookingNotFound")
        assert.strictEqual((yield* Effect.flip(nobody.Show({ pnr: booking.pnr })))._tag, "Unauthorized")
        const { booking: left } = yield* client.Cancel({ pnr: booking.pnr, request: { passengers: [1] } })
        assert.deepEqual(left.passengers.map(({ status }) => status), ["CANCELLED", "CONFIRMED"])
      }))

    it.effect(`a watched journey tells over ${transport} what is free, and again when something was sold`, () =>
      Effect.gen(function*() {
        const client = yield* clientOver(transport, yield* tokenOf("passenger"))
        const request = yield* requestFor(transport === "HTTP" ? 12 : 13)
        const seen = yield* Queue.unbounded<number>()
        yield* client.WatchAvailability({ trainId, date: request.date }).pipe(
          Stream.runForEach(({ classes }) => Queue.offer(seen, classes[0]?.quotas[0]?.free ?? -1)),
          Effect.forkScoped
        )
        assert.strictEqual(yield* Queue.take(seen), 72)
        yield* client.Book({ request })
        assert.strictEqual(yield* Queue.take(seen), 70)
      }))

    it.effect(`a watched booking tells over ${transport} of a promotion and of its end, to its owner alone`, () =>
      Effect.gen(function*() {
        const crowd = yield* clientOver(transport, yield* tokenOf("passenger"))
        const client = yield* clientOver(transport, yield* tokenOf("passenger"))
        const admin = yield* clientOver(transport, yield* tokenOf("admin"))
        const days = transport === "HTTP" ? 14 : 15
        const full = yield* requestFor(days, smallTrain, 6)
        const first = yield* crowd.Book({ request: full })
        yield* crowd.Book({ request: full })
        const { pnr, status } = yield* client.Book({ request: yield* requestFor(days, smallTrain, 1) })
        assert.strictEqual(status, "WAITLISTED")

        const seen = yield* Queue.unbounded<string>()
        const watch = (by: typeof client) =>
          Stream.runForEach(by.WatchBooking({ pnr }), (booking) => Queue.offer(seen, booking.status))
        assert.strictEqual((yield* Effect.flip(watch(crowd)))._tag, "BookingNotFound")
        yield* Effect.forkScoped(watch(client))
        assert.strictEqual(yield* Queue.take(seen), "WAITLISTED")
        yield* crowd.Cancel({ pnr: first.pnr, request: {} })
        assert.strictEqual(yield* Queue.take(seen), "CONFIRMED")
        yield* Effect.forkScoped(watch(admin))
        assert.strictEqual(yield* Queue.take(seen), "CONFIRMED")
        yield* client.Cancel({ pnr, request: {} })
        assert.deepEqual([yield* Queue.take(seen), yield* Queue.take(seen)], ["CANCELLED", "CANCELLED"])
      }))

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

  it.effect("more streams than would run at once leave room for other calls", () =>
    Effect.gen(function*() {
      const client = yield* clientOver("a WebSocket", yield* tokenOf("passenger"))
      const date = yield* dayFromToday(18)
      const seen = yield* Queue.unbounded<string>()
      yield* Effect.forEach(Array.from({ length: 20 }), () =>
        client.WatchAvailability({ trainId, date }).pipe(
          Stream.runForEach((found) => Queue.offer(seen, found.date)),
          Effect.forkScoped
        ))
      yield* Queue.takeN(seen, 20)
      assert.lengthOf((yield* client.Bookings({})).bookings, 0)
    }))

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

  it.effect("a connection may have only so many calls under way", () =>
    Effect.gen(function*() {
      const client = yield* clientOver("a WebSocket", yield* tokenOf("passenger"))
      const date = yield* dayFromToday(19)
      const seen = yield* Queue.unbounded<string>()
      yield* Effect.forEach(Array.from({ length: 64 }), () =>
        client.WatchAvailability({ trainId, date }).pipe(
          Stream.runForEach((found) => Queue.offer(seen, found.date)),
          Effect.forkScoped
        ))
      yield* Queue.takeN(seen, 64)
      assert.strictEqual((yield* Effect.flip(client.Train({ trainId })))._tag, "Overloaded")
      assert.strictEqual((yield* Effect.flip(client.Book({ request: yield* requestFor(19) })))._tag, "Overloaded")
      const other = yield* clientOver("a WebSocket", "")
      assert.strictEqual((yield* other.Train({ trainId })).trainId, trainId)
    }))
}
