import { SaleApi } from "@berth/domain/BerthApi"
import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { Effect, Redacted, Schema } from "effect"
import { HttpRouter, type HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { admit, bearerOf } from "./Authentication.ts"
import { readBooking } from "./BookingBody.ts"
import { Desk } from "./Desk.ts"
import { invalidRequest } from "./RequestIssues.ts"

const isKey = Schema.is(IdempotencyKey)
const decodeHeaders = Schema.decodeUnknownEffect(Schema.Struct({ "idempotency-key": IdempotencyKey }))

const readKey = ({ headers }: HttpServerRequest.HttpServerRequest) => {
  const key = headers["idempotency-key"]
  return key === undefined || isKey(key)
    ? Effect.succeed(key)
    : decodeHeaders(headers).pipe(
      Effect.map((decoded) => decoded["idempotency-key"]),
      Effect.mapError(({ issue }) => invalidRequest("headers", issue))
    )
}

/**
 * The one call that sells, `SaleApi` of the domain, on a route of its own: the general way gives each request a copy of
 * every service that there is, which was measured to cost more than the seats.
 */
export const layer = HttpRouter.use(Effect.fnUntraced(function*(router) {
  const admitted = yield* admit
  const desk = yield* Desk
  const { method, path } = SaleApi.endpoints.book

  yield* router.add(
    method,
    path,
    (request) =>
      admitted(Redacted.make(bearerOf(request.headers)), request.headers["idempotency-key"]).pipe(
        Effect.flatMap((user) =>
          Effect.flatMap(
            readKey(request),
            (key) => Effect.flatMap(readBooking(request), (booking) => desk.bookFor(user, booking, key))
          )
        ),
        Effect.matchEffect({
          onFailure: HttpServerRespondable.toResponse,
          onSuccess: ({ booking, replayed }) =>
            Effect.succeed(HttpServerResponse.jsonUnsafe(booking, {
              status: replayed ? 200 : 201,
              headers: { location: `/api/bookings/${booking.pnr}` }
            }))
        })
      )
  )
}))
