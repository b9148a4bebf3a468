import { RpcAuth } from "@berth/domain/Auth"
import { BerthRpcs } from "@berth/domain/BerthRpcs"
import { Cause, Duration, Effect, Layer, Option, Redacted, Schema, Stream } from "effect"
import { Headers, HttpClient, HttpClientError, HttpClientRequest } from "effect/http"
import { RpcClient, RpcClientError, RpcMiddleware, RpcSerialization } from "effect/rpc"
import type { BookingCalls } from "./BookingCalls.ts"
import type { CallError } from "./CallErrors.ts"
import { addressOf, type Connection } from "./Connection.ts"
import { ConnectionFailed } from "./ConnectionFailed.ts"
import { failedAnswer, notUnderstood } from "./FailedAnswer.ts"
import { retrySchedule } from "./RetryPolicy.ts"

/** A dead connection looks like a train that nobody books, so a stream that is silent for so long is opened anew. */
const silentMillisMax = 60_000

const serverFailed = (url: string, detail: string) => new ConnectionFailed({ url, reason: "serverFailed", detail })

const isRpcClientError = Schema.is(RpcClientError.RpcClientError)

const isHttpReason = (cause: unknown): cause is HttpClientError.HttpClientErrorReason =>
  cause instanceof HttpClientError.TransportError || cause instanceof HttpClientError.StatusCodeError

/** What went wrong below the call: the way there, the server, or the words it answers in. */
const failure = (url: string, error: RpcClientError.RpcClientError): Effect.Effect<never, CallError> =>
  error.reason._tag === "HttpError" && isHttpReason(error.reason.cause)
    ? failedAnswer(url, error.reason.cause)
    : Effect.fail(serverFailed(url, error.reason.message))

/** Turns what went wrong on the way into errors that a caller can act on; the call's own errors stay as they are. */
const readFailures =
  (url: string) => <E>(cause: Cause.Cause<E | RpcClientError.RpcClientError>): Effect.Effect<never, CallError | E> => {
    const error = Cause.findErrorOption(cause)
    if (Option.isSome(error)) {
      return isRpcClientError(error.value)
        ? failure(url, error.value)
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

const layerProtocol = (connection: Connection) =>
  Layer.effect(
    RpcClient.Protocol,
    Effect.flatMap(HttpClient.HttpClient, (client) =>
      client.pipe(
        HttpClient.mapRequest(HttpClientRequest.prependUrl(addressOf(connection, "/rpc"))),
        HttpClient.filterStatusOk,
        RpcClient.makeProtocolHttp
      ))
  ).pipe(Layer.provide(RpcSerialization.layerNdjson))

/** The calls as remote calls, each made once. */
export const make = Effect.fnUntraced(function*(connection: Connection) {
  const rpc = yield* RpcClient.make(BerthRpcs)
  const failures = readFailures(connection.url)
  const read = <A, E>(call: Effect.Effect<A, E | RpcClientError.RpcClientError>) => Effect.catchCause(call, failures)

  const calls: BookingCalls = {
    stations: (payload) => Effect.map(read(rpc.Stations(payload)), ({ stations }) => stations),
    search: (payload) => Effect.map(read(rpc.Search(payload)), ({ trains }) => trains),
    train: (payload) => read(rpc.Train(payload)),
    availability: (payload) => read(rpc.Availability(payload)),
    watchAvailability: (payload) =>
      rpc.WatchAvailability(payload).pipe(
        Stream.catchCause((cause) => Stream.fromEffect(failures(cause))),
        Stream.timeout(Duration.millis(silentMillisMax)),
        Stream.concat(Stream.fail(serverFailed(connection.url, "it ended the stream"))),
        Stream.retry(retrySchedule)
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
}, (effect, connection) => Effect.provide(effect, [layerAuth(connection), layerProtocol(connection)]))
