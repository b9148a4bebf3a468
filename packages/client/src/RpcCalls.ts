import { RpcAuth } from "@berth/domain/Auth"
import { BerthRpcs } from "@berth/domain/BerthRpcs"
import { rpcCheckClient, RpcVersionNotSpoken } from "@berth/domain/RpcVersion"
import { Cause, Effect, Layer, Option, Redacted, Schema, Stream } from "effect"
import { Headers, HttpClient, HttpClientError, HttpClientRequest } from "effect/http"
import { RpcClient, RpcClientError, RpcMiddleware, RpcSerialization } from "effect/rpc"
import type { BookingCalls } from "./BookingCalls.ts"
import type { CallError } from "./CallErrors.ts"
import { addressOf, type Connection } from "./Connection.ts"
import { ConnectionFailed } from "./ConnectionFailed.ts"
import { resuming } from "./EventStreams.ts"
import { failedAnswer, notUnderstood } from "./FailedAnswer.ts"
import { reconnecting } from "./Reconnection.ts"

const serverFailed = (url: string, detail: string) => new ConnectionFailed({ url, reason: "serverFailed", detail })

const isRpcClientError = Schema.is(RpcClientError.RpcClientError)
const isVersionNotSpoken = Schema.is(RpcVersionNotSpoken)

const isHttpReason = (cause: unknown): cause is HttpClientError.HttpClientErrorReason =>
  cause instanceof HttpClientError.TransportError || cause instanceof HttpClientError.StatusCodeError

/** What went wrong below the call: the way there, the server, or the words it answers in. */
const failure = (url: string, { reason }: RpcClientError.RpcClientError): Effect.Effect<never, CallError> => {
  if (reason._tag === "HttpError" && isHttpReason(reason.cause)) return failedAnswer(url, reason.cause)
  return Effect.fail(
    reason._tag.startsWith("Socket")
      ? new ConnectionFailed({ url, reason: "unreachable", detail: `the WebSocket broke (${reason.message})` })
      : serverFailed(url, reason.message)
  )
}

/** Turns what went wrong on the way into errors that a caller can act on; the call's own errors stay as they are. */
const readFailures = (url: string) =>
<E>(
  cause: Cause.Cause<E | RpcVersionNotSpoken | RpcClientError.RpcClientError>
): Effect.Effect<never, CallError | E> => {
  const error = Cause.findErrorOption(cause)
  if (Option.isSome(error)) {
    if (isRpcClientError(error.value)) return failure(url, error.value)
    return isVersionNotSpoken(error.value)
      ? Effect.fail(new ConnectionFailed({ url, reason: "notUnderstood", detail: error.value.detail }))
      : Effect.fail(error.value)
  }
  // A server that stops interrupts its calls, and what breaks in a server arrives as a defect.
  if (Cause.hasInterruptsOnly(cause)) return Effect.fail(serverFailed(url, "it stopped during the call"))
  const defect = Cause.squash(cause)
  return Effect.fail(
    Schema.isSchemaError(defect) ? notUnderstood(url, defect) : serverFailed(url, "it failed during the call")
  )
}

const layerAuth = ({ token }: Connection) =>
  RpcMiddleware.layerClient(RpcAuth, ({ next, request }) =>
    next(
      token === undefined
        ? request
        : { ...request, headers: Headers.set(request.headers, "authorization", `Bearer ${Redacted.value(token)}`) }
    ))

/** Remote calls over HTTP, each a request of its own. */
export const layerProtocolHttp = (connection: Connection) =>
  Layer.effect(
    RpcClient.Protocol,
    Effect.flatMap(HttpClient.HttpClient, (client) =>
      client.pipe(
        HttpClient.mapRequest(HttpClientRequest.prependUrl(addressOf(connection, "/rpc"))),
        HttpClient.filterStatusOk,
        RpcClient.makeProtocolHttp
      ))
  ).pipe(Layer.provide(RpcSerialization.layerNdjson))

/** The calls as remote calls, each made once; a stream goes on when it breaks off. */
export const make = Effect.fnUntraced(function*(connection: Connection) {
  const rpc = yield* RpcClient.make(BerthRpcs)
  const failures = readFailures(connection.url)
  const read = <A, E>(call: Effect.Effect<A, E | RpcVersionNotSpoken | RpcClientError.RpcClientError>) =>
    Effect.catchCause(call, failures)
  const once = <A, E>(stream: Stream.Stream<A, E | RpcVersionNotSpoken | RpcClientError.RpcClientError>) =>
    Stream.catchCause(stream, (cause) => Stream.fromEffect(failures(cause)))
  const watched = <A, E>(stream: Stream.Stream<A, E | RpcVersionNotSpoken | RpcClientError.RpcClientError>) =>
    reconnecting(connection.url)(once(stream))

  const calls: BookingCalls = {
    stations: (payload) => Effect.map(read(rpc.Stations(payload)), ({ stations }) => stations),
    search: (payload) => Effect.map(read(rpc.Search(payload)), ({ trains }) => trains),
    train: (payload) => read(rpc.Train(payload)),
    availability: (payload) => read(rpc.Availability(payload)),
    watchAvailability: (payload) => watched(rpc.WatchAvailability(payload)),
    watchBooking: (payload) => watched(rpc.WatchBooking(payload)),
    bookingEvents: ({ cursor: start, pnr }) =>
      resuming(connection.url, start)((cursor) =>
        once(rpc.BookingEvents({ pnr, ...(cursor === undefined ? {} : { cursor }) }))
      ),
    runEvents: ({ cursor: start, ...run }) =>
      resuming(connection.url, start)((cursor) =>
        once(rpc.RunEvents({ ...run, ...(cursor === undefined ? {} : { cursor }) }))
      ),
    seats: (payload) => read(rpc.Seats(payload)),
    book: (payload) => read(rpc.Book(payload)),
    bookings: (payload) => read(rpc.Bookings(payload)),
    show: (payload) => read(rpc.Show(payload)),
    cancel: ({ pnr, ...request }) => read(rpc.Cancel({ pnr, request })),
    pay: (payload) => read(rpc.Pay(payload)),
    seatConfig: (payload) => read(rpc.SeatConfig(payload)),
    replaceSeatConfig: (payload) => read(rpc.ReplaceSeatConfig(payload))
  }
  return calls
}, (effect, connection) => Effect.provide(effect, [layerAuth(connection), rpcCheckClient]))
