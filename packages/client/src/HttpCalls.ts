import { HttpAuth } from "@berth/domain/Auth"
import { BerthApi } from "@berth/domain/BerthApi"
import type { EventCursor } from "@berth/domain/EventCursor"
import { Duration, Effect, Option, Random, Schema, Stream } from "effect"
import { HttpClient, HttpClientError, HttpClientRequest } from "effect/http"
import { HttpApiClient, HttpApiMiddleware } from "effect/http-api"
import type { BookingCalls, RunJourney } from "./BookingCalls.ts"
import type { CallError } from "./CallErrors.ts"
import type { Connection } from "./Connection.ts"
import { bookingEventsOf, resuming, runEventsOf } from "./EventStreams.ts"
import { failedAnswer, notUnderstood } from "./FailedAnswer.ts"
import { reconnectSchedule } from "./Reconnection.ts"
import { once } from "./RetryPolicy.ts"

/** Between two looks at the availability; spread, so that a thousand watchers do not look at once. */
const pollMillis = { min: 800, max: 1200 }

/** One look at the availability, and the tag of what was seen before it. */
interface Look {
  readonly first: boolean
  readonly etag: string | undefined
}

const firstLook: Look = { first: true, etag: undefined }

const decodeAvailability = HttpApiClient.decodeResponse(BerthApi, { group: "enquiry", endpoint: "availability" })

const journeyOf = ({ trainId, ...query }: RunJourney) => ({ params: { trainId }, query })

/** Turns what went wrong on the way into errors that a caller can act on; the call's own errors stay as they are. */
const readFailures =
  (url: string) => <A, E, R>(call: Effect.Effect<A, E | HttpClientError.HttpClientError | Schema.SchemaError, R>) =>
    call.pipe(Effect.catch((error): Effect.Effect<never, CallError | E> => {
      if (HttpClientError.isHttpClientError(error)) return failedAnswer(url, error.reason)
      return Effect.fail(Schema.isSchemaError(error) ? notUnderstood(url, error) : error)
    }))

const layerAuth = ({ token }: Connection) =>
  HttpApiMiddleware.layerClient(
    HttpAuth,
    ({ next, request }) => next(token === undefined ? request : HttpClientRequest.bearerToken(request, token))
  )

/** Asks whether the availability has changed since the look that is given. */
const makePoll = Effect.fnUntraced(function*({ url }: Connection) {
  const client = yield* HttpClient.HttpClient
  const urls = HttpApiClient.urlBuilder(BerthApi, { baseUrl: url })
  return (journey: RunJourney, { first, etag }: Look) =>
    client.get(urls.enquiry.availability(journeyOf(journey)), {
      headers: etag === undefined ? {} : { "if-none-match": etag }
    }).pipe(
      Effect.flatMap((response) =>
        response.status === 304
          ? Effect.succeed({ changed: [], etag })
          : Effect.map(decodeAvailability(response), (availability) => ({
            changed: [availability],
            etag: response.headers["etag"]
          }))
      ),
      readFailures(url),
      once(url),
      Effect.retry(reconnectSchedule(() => !first))
    )
})

const decodeBookingEvents = HttpApiClient.decodeResponse(BerthApi, {
  group: "bookingEvents",
  endpoint: "bookingEvents"
})

const decodeRunEvents = HttpApiClient.decodeResponse(BerthApi, { group: "runEvents", endpoint: "runEvents" })

const queryOf = (cursor: EventCursor | undefined) => cursor === undefined ? {} : { cursor }

/** Follows events, which come as text. */
const makeEvents = Effect.fnUntraced(function*({ token, url }: Connection) {
  const client = yield* HttpClient.HttpClient
  const urls = HttpApiClient.urlBuilder(BerthApi, { baseUrl: url })
  const get = (path: string) =>
    client.execute(
      token === undefined
        ? HttpClientRequest.get(path)
        : HttpClientRequest.bearerToken(HttpClientRequest.get(path), token)
    )
  const read = readFailures(url)
  return {
    bookingEvents: ({ cursor: start, pnr }: Parameters<BookingCalls["bookingEvents"]>[0]) =>
      resuming(url, start)((cursor) =>
        get(urls.bookingEvents.bookingEvents({ params: { pnr }, query: queryOf(cursor) })).pipe(
          // Refusals fail here; what is no refusal is read as text.
          Effect.tap(decodeBookingEvents),
          Effect.map(({ stream }) => bookingEventsOf(stream)),
          Stream.unwrap,
          Stream.catch((error) => Stream.fromEffect(read(Effect.fail(error))))
        )
      ),
    runEvents: ({ cursor: start, date, trainId }: Parameters<BookingCalls["runEvents"]>[0]) =>
      resuming(url, start)((cursor) =>
        get(urls.runEvents.runEvents({ params: { trainId }, query: { date, ...queryOf(cursor) } })).pipe(
          Effect.tap(decodeRunEvents),
          Effect.map(({ stream }) => runEventsOf(stream)),
          Stream.unwrap,
          Stream.catch((error) => Stream.fromEffect(read(Effect.fail(error))))
        )
      )
  }
})

/** The calls over HTTP, each made once; a watch goes on when the connection breaks. */
export const make = Effect.fnUntraced(function*(connection: Connection) {
  const { admin, bookings, enquiry, sale, timetable } = yield* HttpApiClient.make(BerthApi, { baseUrl: connection.url })
  const poll = yield* makePoll(connection)
  const events = yield* makeEvents(connection)
  const read = readFailures(connection.url)
  const wait = Effect.flatMap(
    Random.nextBetween(pollMillis.min, pollMillis.max),
    (millis) => Effect.sleep(Duration.millis(millis))
  )

  const calls: BookingCalls = {
    stations: (query) => Effect.map(read(timetable.stations({ query })), ({ stations }) => stations),
    search: (query) => Effect.map(read(enquiry.search({ query })), ({ trains }) => trains),
    train: (params) => read(timetable.train({ params })),
    availability: (journey) => read(enquiry.availability(journeyOf(journey))),
    watchAvailability: (journey) =>
      Stream.paginate(firstLook, (look) =>
        Effect.andThen(
          look.first ? Effect.void : wait,
          Effect.map(
            poll(journey, look),
            (polled) => [polled.changed, Option.some({ first: false, etag: polled.etag })] as const
          )
        )),
    seats: ({ travelClass, ...journey }) => {
      const { params, query } = journeyOf(journey)
      return read(timetable.seats({ params, query: { ...query, travelClass } }))
    },
    book: ({ idempotencyKey, request }) =>
      read(sale.book({
        headers: idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey },
        payload: request
      })),
    bookings: (query) => read(bookings.mine({ query })),
    show: (params) => read(bookings.show({ params })),
    watchBooking: (params) =>
      Stream.suspend(() => {
        let seen = false
        const look = read(bookings.show({ params })).pipe(
          once(connection.url),
          Effect.retry(reconnectSchedule(() => seen)),
          Effect.tap(() =>
            Effect.sync(() => {
              seen = true
            })
          )
        )
        return Stream.concat(Stream.fromEffect(look), Stream.fromEffectRepeat(Effect.andThen(wait, look)))
      }),
    ...events,
    cancel: ({ pnr, ...payload }) => read(bookings.cancel({ params: { pnr }, payload })),
    pay: (params) => read(bookings.pay({ params })),
    seatConfig: (params) => read(admin.seatConfig({ params })),
    replaceSeatConfig: ({ trainId, version, config }) =>
      read(admin.replaceSeatConfig({ params: { trainId }, headers: { "if-match": `"${version}"` }, payload: config }))
        .pipe(
          // The version is sent always.
          Effect.catchTag("VersionNeeded", Effect.die)
        )
  }
  return calls
}, (effect, connection) => Effect.provide(effect, layerAuth(connection)))
