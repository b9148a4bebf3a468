import { AvailabilityWatch } from "@berth/server/AvailabilityWatch"
import { serveGrpc } from "@berth/server/grpc/GrpcServer"
import * as Reception from "@berth/server/Reception"
import * as Routes from "@berth/server/Routes"
import type { Transport } from "@connectrpc/connect"
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Queue, Schema, Stream } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { createServer } from "node:http"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { dayFromToday } from "../TestNetwork.ts"
import { engine, tokenOf } from "../TestServer.ts"
import { answered, bearer, clientOf, hangUp, refused } from "./TestClients.ts"

/** Servers whose watches tell when they end. */
const serve = Effect.gen(function*() {
  const ended = yield* Queue.unbounded<void>()
  const watches = Layer.effect(
    AvailabilityWatch,
    Effect.map(AvailabilityWatch, (real) =>
      AvailabilityWatch.of({
        ...real,
        watch: (asked) => Stream.ensuring(real.watch(asked), Queue.offer(ended, undefined))
      }))
  )
  const routes = HttpRouter.serve(Routes.layer, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
    Layer.provideMerge(watches),
    Layer.provideMerge(Reception.layer)
  )
  const services = yield* Layer.build(routes)
  const grpc = yield* Effect.provide(serveGrpc({ host: "127.0.0.1", port: 0 }), services)
  return {
    ended,
    grpcUrl: `http://${grpc}`,
    url: HttpServer.formatAddress(Context.get(services, HttpServer.HttpServer).address)
  }
})

type Served = Effect.Success<typeof serve>

const transports: ReadonlyArray<readonly [string, (served: Served) => Transport]> = [
  ["gRPC", ({ grpcUrl }) => createGrpcTransport({ baseUrl: grpcUrl })],
  ["gRPC-web", ({ url }) => createGrpcWebTransport({ baseUrl: url, httpVersion: "1.1" })],
  ["Connect", ({ url }) => createConnectTransport({ baseUrl: url, httpVersion: "1.1" })]
]

// A signal that follows others may be collected before it has fired.
setFlagsFromString("--expose-gc")
const collectGarbage = Schema.decodeUnknownSync(
  Schema.declare((value): value is () => void => typeof value === "function")
)(
  runInNewContext("gc")
)

const nextFree = (
  replies: AsyncIterator<
    { readonly classes: ReadonlyArray<{ readonly quotas: ReadonlyArray<{ readonly free: number }> }> }
  >
) => Effect.map(answered(() => replies.next()), ({ value }) => value?.classes[0]?.quotas[0]?.free)

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("a watched journey", (it) => {
  for (const [index, [name, transportOf]] of transports.entries()) {
    it.effect(`tells over ${name} what is free, and again after a sale, and ends when its caller goes`, () =>
      Effect.gen(function*() {
        const served = yield* serve
        const client = clientOf(transportOf(served))
        const token = yield* tokenOf("passenger")
        const date = yield* dayFromToday(10 + index)
        const leave = hangUp()
        const replies = client.watchAvailability({ trainId: "101", date }, { signal: leave.signal })[
          Symbol.asyncIterator
        ]()
        assert.strictEqual(yield* nextFree(replies), 72)
        const passengers = [{ name: "Example", age: 30 }]
        yield* answered(() => client.book({ trainId: "101", date, travelClass: "SL", passengers }, bearer(token)))
        assert.strictEqual(yield* nextFree(replies), 71)
        assert.strictEqual(yield* Queue.size(served.ended), 0)
        collectGarbage()
        leave.abort()
        yield* Queue.take(served.ended)
      }))

    it.effect(`ends over ${name} at its deadline`, () =>
      Effect.gen(function*() {
        const served = yield* serve
        const client = clientOf(transportOf(served))
        const date = yield* dayFromToday(10)
        const replies = client.watchAvailability({ trainId: "101", date }, { timeoutMs: 1000 })
        assert.deepEqual(yield* refused(() => Array.fromAsync(replies)), ["DeadlineExceeded", undefined])
        yield* Queue.take(served.ended)
      }))

    it.effect(`of a train that is not there fails over ${name} as itself`, () =>
      Effect.gen(function*() {
        const client = clientOf(transportOf(yield* serve))
        const date = yield* dayFromToday(10)
        const replies = client.watchAvailability({ trainId: "999", date })
        assert.deepEqual(yield* refused(() => Array.fromAsync(replies)), ["NotFound", "TrainNotFound"])
      }))
  }
})
