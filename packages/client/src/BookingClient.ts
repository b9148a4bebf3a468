import { Availability } from "@berth/domain/Availability"
import { SearchText } from "@berth/domain/BerthApi"
import { Booking, CancelRequest } from "@berth/domain/Booking"
import { BookingCursor } from "@berth/domain/BookingCursor"
import { BookingRequest } from "@berth/domain/BookingRequest"
import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { SeatConfigInput } from "@berth/domain/SeatConfig"
import { Context, Effect, Layer, Schema, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import { FetchHttpClient } from "effect/http"
import type { BookingCalls } from "./BookingCalls.ts"
import type { Connection } from "./Connection.ts"
import * as HttpCalls from "./HttpCalls.ts"
import { makeInputCheck } from "./InputCheck.ts"
import { repeatedly, untilAdmitted } from "./RetryPolicy.ts"
import * as RpcCalls from "./RpcCalls.ts"
import * as SocketProtocol from "./SocketProtocol.ts"

const checkStations = makeInputCheck(Schema.Struct({ query: Schema.optionalKey(SearchText) }), "query")
const checkBookings = makeInputCheck(Schema.Struct({ cursor: Schema.optionalKey(BookingCursor) }), "query")
const checkBook = makeInputCheck(BookingRequest, "body")
const checkCancel = makeInputCheck(CancelRequest, "body")
const checkSeatConfig = makeInputCheck(SeatConfigInput, "body")
const checkVersion = makeInputCheck(Schema.Struct({ version: Schema.Int }), "headers")

const isSameAvailability = Schema.toEquivalence(Availability)
const isSameBooking = Schema.toEquivalence(Booking)

/** The calls of a transport with an end to each, and repeated where that does no harm. */
const make = Effect.fnUntraced(function*(connection: Connection, calls: BookingCalls) {
  const random = yield* SecureRandom.SecureRandom
  const change = untilAdmitted(connection.url)
  const read = repeatedly(connection.url)
  const newKey = Effect.map(random.uuidV4(), (uuid) => IdempotencyKey.make(uuid))

  return BookingClient.of({
    stations: (options) => Effect.andThen(checkStations(options), read(calls.stations(options))),
    search: (options) => read(calls.search(options)),
    train: (options) => read(calls.train(options)),
    availability: (journey) => read(calls.availability(journey)),
    watchAvailability: (journey) => Stream.changesWith(calls.watchAvailability(journey), isSameAvailability),
    seats: (options) => read(calls.seats(options)),
    book: Effect.fn("BookingClient.book")(function*({ request, idempotencyKey }) {
      yield* checkBook(request)
      return yield* read(calls.book({ request, idempotencyKey: idempotencyKey ?? (yield* newKey) }))
    }),
    bookings: (options) => Effect.andThen(checkBookings(options), read(calls.bookings(options))),
    show: (options) => read(calls.show(options)),
    watchBooking: (options) => Stream.changesWith(calls.watchBooking(options), isSameBooking),
    bookingEvents: calls.bookingEvents,
    runEvents: calls.runEvents,
    cancel: (options) => Effect.andThen(checkCancel(options), change(calls.cancel(options))),
    pay: (options) => read(calls.pay(options)),
    seatConfig: (options) => read(calls.seatConfig(options)),
    replaceSeatConfig: (options) =>
      checkVersion(options).pipe(
        Effect.andThen(checkSeatConfig(options.config)),
        Effect.andThen(change(calls.replaceSeatConfig(options)))
      )
  })
})

/** Berth as programs and people use it, in a browser too. */
export class BookingClient extends Context.Service<BookingClient, BookingCalls>()("@berth/client/BookingClient") {
  /** Over HTTP with JSON; watches by asking about every second whether anything has changed. */
  static readonly layerHttp = (connection: Connection): Layer.Layer<BookingClient> =>
    Layer.effect(BookingClient, Effect.flatMap(HttpCalls.make(connection), (calls) => make(connection, calls))).pipe(
      Layer.provide([FetchHttpClient.layer, SecureRandom.layerWebCrypto])
    )

  /** As remote calls over HTTP; watches a live stream. */
  static readonly layerRpc = (connection: Connection): Layer.Layer<BookingClient> =>
    layerCalls(connection).pipe(
      Layer.provide(RpcCalls.layerProtocolHttp(connection)),
      Layer.provide([FetchHttpClient.layer, SecureRandom.layerWebCrypto])
    )

  /** As remote calls over one WebSocket, which is opened again when it breaks. */
  static readonly layerSocket = (connection: Connection): Layer.Layer<BookingClient> =>
    layerCalls(connection).pipe(
      Layer.provide(SocketProtocol.layer(connection)),
      Layer.provide(SecureRandom.layerWebCrypto)
    )
}

const layerCalls = (connection: Connection) =>
  Layer.effect(BookingClient, Effect.flatMap(RpcCalls.make(connection), (calls) => make(connection, calls)))
