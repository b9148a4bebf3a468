import { UserId } from "@berth/domain/UserId"
import { Inventory } from "@berth/engine/inventory/Inventory"
import { Bookings } from "@berth/engine/ledger/Bookings"
import { AvailabilityReader } from "@berth/engine/sale/AvailabilityReader"
import { Book } from "@berth/engine/sale/Book"
import { ErrorInfoSchema } from "@berth/server/generated/google/rpc/error_details_pb"
import { serveGrpc } from "@berth/server/grpc/GrpcServer"
import * as Reception from "@berth/server/Reception"
import { Code } from "@connectrpc/connect"
import { createGrpcTransport } from "@connectrpc/connect-node"
import { assert, layer } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Layer, Logger, References, Scope } from "effect"
import { connect, constants } from "node:http2"
import { connect as connectSocket } from "node:net"
import { dayFromToday } from "../TestNetwork.ts"
import { engine, tokenOf } from "../TestServer.ts"
import { answered, bearer, clientOf, hangUp, refused } from "./TestClients.ts"

/** A listener of its own, over the engine as it is or as a test has changed it. */
const start = Effect.gen(function*() {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const address = yield* serveGrpc({ host: "127.0.0.1", port: 0 }).pipe(
    Effect.provide(yield* Scope.provide(Layer.build(Reception.layer), scope)),
    Scope.provide(scope)
  )
  const url = `http://${address}`
  return { url, client: clientOf(createGrpcTransport({ baseUrl: url })), stop: Scope.close(scope, Exit.void) }
})

const sessionTo = (url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => connect(url).on("error", () => {})),
    (session) => Effect.sync(() => session.destroy())
  )

type Seen = Readonly<Record<string, unknown>>

/** What a stream of plain HTTP/2 ends with: headers and trailers, or the code of its reset. */
const exchange = Effect.fnUntraced(function*(url: string, headers: Readonly<Record<string, string>>) {
  const session = yield* sessionTo(url)
  return yield* Effect.callback<{ readonly seen: Seen; readonly code: number | undefined }>((resume) => {
    const stream = session.request({ ":method": "POST", ...headers })
    let seen: Seen = {}
    const merge = (more: Seen) => {
      seen = { ...seen, ...more }
    }
    stream.on("response", merge).on("trailers", merge).on("error", () => {}).resume()
    stream.once("close", () => resume(Effect.succeed({ seen, code: stream.rstCode })))
    // One message, empty.
    stream.end(Buffer.alloc(5))
  })
})

const grpcHeaders = { "content-type": "application/grpc", te: "trailers" }

layer(engine, { timeout: "60 seconds", excludeTestServices: true })("the listener for gRPC", (it) => {
  it.effect("answers on the wire as gRPC does, with a message that every client can read", () =>
    Effect.gen(function*() {
      const { url } = yield* start
      const { seen } = yield* exchange(url, { ":path": "/berth.v1.BookingService/Show", ...grpcHeaders })
      assert.deepInclude(seen, { ":status": 200, "content-type": "application/grpc+proto", "grpc-status": "16" })
      assert.include(String(seen["grpc-message"]), "in the header Authorization: Bearer TOKEN.")
      assert.isString(seen["grpc-status-details-bin"])
    }))

  it.effect("what is no call of its does it no harm", () =>
    Effect.gen(function*() {
      const { client, url } = yield* start
      const unknown = yield* exchange(url, { ":path": "/berth.v1.BookingService/Steal", ...grpcHeaders })
      assert.strictEqual(unknown.seen[":status"], 404)
      const path = "/berth.v1.BookingService/Show"
      const impossible = yield* exchange(url, { ":path": `${path}?[`, ":authority": "[", ...grpcHeaders })
      assert.strictEqual(impossible.code, constants.NGHTTP2_PROTOCOL_ERROR)
      const { hostname, port } = new URL(url)
      yield* Effect.callback<void>((resume) => {
        const socket = connectSocket(Number(port), hostname, () => socket.end("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
        socket.on("error", () => {}).resume().once("close", () => resume(Effect.void))
      })
      assert.deepEqual(yield* refused(() => client.show({ pnr: "4512345678" })), ["Unauthenticated", "Unauthorized"])
    }))

  it.effect("a stop waits neither for idle sessions nor for watches", () =>
    Effect.gen(function*() {
      const { client, stop, url } = yield* start
      yield* sessionTo(url)
      const watch = client.watchAvailability({ trainId: "101", date: yield* dayFromToday(5) })[Symbol.asyncIterator]()
      assert.isNotTrue((yield* answered(() => watch.next())).done)
      const rest = yield* Effect.forkChild(Effect.exit(answered(() => watch.next())), { startImmediately: true })
      const inTime = yield* Effect.timeoutOption(stop, "5 seconds")
      assert.strictEqual(inTime._tag, "Some")
      assert.isDefined(rest.pollUnsafe())
    }))

  it.effect("a call ends when its caller goes, and at its deadline", () =>
    Effect.gen(function*() {
      const reader = yield* AvailabilityReader
      const asked = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<void>()
      const availability = () =>
        Deferred.succeed(asked, undefined).pipe(
          Effect.andThen(Effect.never),
          Effect.onInterrupt(() => Deferred.succeed(ended, undefined))
        )
      const { client } = yield* Effect.provideService(start, AvailabilityReader, { ...reader, availability })
      const request = { trainId: "101", date: yield* dayFromToday(5) }
      const leave = hangUp()
      yield* Effect.forkChild(refused(() => client.availability(request, { signal: leave.signal })), {
        startImmediately: true
      })
      yield* Deferred.await(asked)
      leave.abort()
      yield* Deferred.await(ended)
      const late = yield* refused(() => client.availability(request, { timeoutMs: 200 }))
      assert.deepEqual(late, ["DeadlineExceeded", undefined])
    }))

  it.effect("a fault of the program is answered without its story, which the log has under an id", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const log = Logger.make(({ cause, fiber, message }) => {
        lines.push(
          `${String(message)} ${Cause.pretty(cause)} ${JSON.stringify(fiber.getRef(References.CurrentLogAnnotations))}`
        )
      })
      const reader = yield* AvailabilityReader
      const { client } = yield* start.pipe(
        Effect.provideService(AvailabilityReader, {
          ...reader,
          availability: () => Effect.die(new Error("secret"))
        }),
        Effect.provide(Logger.layer([log]))
      )
      const request = { trainId: "101", date: yield* dayFromToday(5) }
      const calls: ReadonlyArray<() => Promise<object>> = [
        () => client.availability(request),
        () => Array.fromAsync(client.watchAvailability(request))
      ]
      for (const failing of calls) {
        const error = yield* Effect.flip(answered(failing))
        assert.deepEqual([error.code, error.findDetails(ErrorInfoSchema)[0]?.reason], [Code.Internal, "InternalError"])
        assert.notInclude(error.message, "secret")
        const id = error.metadata.get("x-request-id") ?? "none"
        assert.isTrue(lines.some((line) => line.includes("secret") && line.includes(id)))
      }
    }))

  it.effect("a booking under way is finished though its caller has gone", () =>
    Effect.gen(function*() {
      const inventory = yield* Inventory
      const allocating = yield* Deferred.make<void>()
      const release = yield* Deferred.make<void>()
      const slow = Book.layer.pipe(
        Layer.provide(Layer.succeed(Inventory, {
          ...inventory,
          allocate: (asked) =>
            Deferred.succeed(allocating, undefined).pipe(
              Effect.andThen(Deferred.await(release)),
              Effect.andThen(inventory.allocate(asked))
            )
        }))
      )
      const userId = UserId.make("hasty")
      const token = yield* tokenOf("passenger", userId)
      const { client } = yield* Effect.provide(start, yield* Layer.build(Layer.fresh(slow)))
      const passengers = [{ name: "Example", age: 30 }]
      const request = { trainId: "101", date: yield* dayFromToday(5), travelClass: "SL", passengers }
      const headers = { ...bearer(token).headers, "idempotency-key": "once" }
      const leave = hangUp()
      yield* Effect.forkChild(refused(() => client.book(request, { headers, signal: leave.signal })), {
        startImmediately: true
      })
      yield* Deferred.await(allocating)
      leave.abort()
      // Over the same connection, so that the server has read before it that the caller went.
      yield* refused(() => client.show({ pnr: "4512345678" }))
      yield* Deferred.succeed(release, undefined)
      const { page } = yield* Bookings
      const { bookings } = yield* Effect.repeat(page({ userId, cursor: undefined }), {
        until: ({ bookings: made }) => made.length > 0
      })
      const again = yield* answered(() => client.book(request, { headers }))
      assert.deepEqual(bookings.map(({ pnr }) => pnr), [again.pnr])
    }))
})
