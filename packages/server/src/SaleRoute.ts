import { SaleApi } from "@berth/domain/BerthApi"
import type { Booking } from "@berth/domain/Booking"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { Effect, Schema } from "effect"
import { HttpRouter, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { admit, bearerOf } from "./Authentication.ts"
import { readBooking } from "./BookingBody.ts"
import { Desk } from "./Desk.ts"
import { invalidRequest } from "./RequestIssues.ts"

const isKey = Schema.is(IdempotencyKey)
const decodeHeaders = Schema.decodeUnknownEffect(Schema.Struct({ "idempotency-key": IdempotencyKey }))

const readKey = (key: string | undefined) =>
  key === undefined || isKey(key)
    ? Effect.succeed(key)
    : decodeHeaders({ "idempotency-key": key }).pipe(
      Effect.map((decoded) => decoded["idempotency-key"]),
      Effect.mapError(({ issue }) => invalidRequest("headers", issue))
    )

/** What a sale is asked with, beside the booking itself. */
interface SaleHeaders {
  readonly authorization: string | undefined
  readonly "idempotency-key": string | undefined
}

/** Sells to whoever the headers say, what the body asks for; the body is read once it is known who sends it. */
export const makeSell = Effect.gen(function*() {
  const admitted = yield* admit
  const desk = yield* Desk
  // Nearly always the key and the body are known by then: a step of a fiber for each costs more than to look at them.
  return <E>(headers: SaleHeaders, read: Effect.Effect<BookingRequest, E>) =>
    Effect.flatMap(
      admitted(bearerOf(headers.authorization), headers["idempotency-key"]),
      (user) =>
        Effect.flatMapEager(
          readKey(headers["idempotency-key"]),
          (key) => Effect.flatMapEager(read, (booking) => desk.bookFor(user, booking, key))
        )
    )
})

export const placeOf = ({ pnr }: Booking): string => `/api/bookings/${pnr}`

/**
 * The one call that sells, `SaleApi` of the domain, on a route of its own: the general way gives each request a copy of
 * every service that there is, which was measured to cost more than the seats.
 */
export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const sell = yield* makeSell
  const { method, path } = SaleApi.endpoints.book

  yield* router.add(
    method,
    path,
    (request) =>
      Effect.matchEffect(
        sell({
          authorization: request.headers["authorization"],
          "idempotency-key": request.headers["idempotency-key"]
        }, readBooking(request)),
        {
          onFailure: HttpServerRespondable.toResponse,
          onSuccess: ({ booking, replayed }) =>
            Effect.succeed(HttpServerResponse.jsonUnsafe(booking, {
              status: replayed ? 200 : 201,
              headers: { location: placeOf(booking) }
            }))
        }
      )
  )
}))
