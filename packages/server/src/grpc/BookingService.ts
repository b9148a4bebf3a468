import { CancelRequest } from "@berth/domain/Booking"
import { BookingRequest } from "@berth/domain/BookingRequest"
import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { JourneyDate } from "@berth/domain/JourneyDate"
import { Pnr } from "@berth/domain/Pnr"
import { StationCode } from "@berth/domain/StationCode"
import { TrainId } from "@berth/domain/TrainId"
import type { ConnectRouter, HandlerContext } from "@connectrpc/connect"
import { Effect, Schema, Stream } from "effect"
import { AvailabilityWatch } from "../AvailabilityWatch.ts"
import { Desk } from "../Desk.ts"
import * as Proto from "../generated/berth/v1/berth_pb.ts"
import { invalidRequest } from "../RequestIssues.ts"
import type { GrpcCalls } from "./GrpcCalls.ts"
import { decodeMessage, encodeMessage } from "./GrpcMessages.ts"

const readBooking = decodeMessage(Proto.BookingRequestSchema, BookingRequest)
const readShow = decodeMessage(Proto.ShowRequestSchema, Schema.Struct({ pnr: Pnr }))
const readPay = decodeMessage(Proto.PayRequestSchema, Schema.Struct({ pnr: Pnr }))
const readCancel = decodeMessage(Proto.CancelRequestSchema, Schema.Struct({ pnr: Pnr, ...CancelRequest.fields }))
const readSearch = decodeMessage(
  Proto.TrainsRequestSchema,
  Schema.Struct({ from: StationCode, to: StationCode, date: JourneyDate })
)
const readJourney = decodeMessage(
  Proto.AvailabilityRequestSchema,
  Schema.Struct({
    trainId: TrainId,
    date: JourneyDate,
    from: Schema.optionalKey(StationCode),
    to: Schema.optionalKey(StationCode)
  })
)

const toBooking = encodeMessage(Proto.BookingSchema)
const toCancellation = encodeMessage(Proto.CancellationSchema)
const toTrains = encodeMessage(Proto.TrainListSchema)
const toAvailability = encodeMessage(Proto.AvailabilityReplySchema)

const decodeKey = Schema.decodeUnknownEffect(
  Schema.Struct({ "idempotency-key": Schema.optionalKey(IdempotencyKey) })
)

const keyHeaderOf = ({ requestHeader }: HandlerContext): string | undefined =>
  requestHeader.get("idempotency-key") ?? undefined

const readKey = (key: string | undefined) =>
  decodeKey(key === undefined ? {} : { "idempotency-key": key }).pipe(
    Effect.map((found) => found["idempotency-key"]),
    Effect.mapError(({ issue }) => invalidRequest("headers", issue))
  )

/** The booking flow: messages in and out of what every caller may ask for. */
export const makeBookingService = Effect.fnUntraced(function*({ answer, asCaller, stream }: GrpcCalls) {
  const desk = yield* Desk
  const { watch } = yield* AvailabilityWatch

  return (router: ConnectRouter) =>
    router.service(Proto.BookingService, {
      book: (message, context) => {
        const header = keyHeaderOf(context)
        const call = Effect.gen(function*() {
          const key = yield* readKey(header)
          const { booking } = yield* desk.book(yield* readBooking(message), key)
          return toBooking(booking)
        })
        return answer(context, asCaller(context, header, call))
      },
      show: (message, context) => {
        const call = Effect.flatMap(readShow(message), ({ pnr }) => desk.show(pnr))
        return answer(context, Effect.map(asCaller(context, undefined, call), toBooking))
      },
      cancel: (message, context) => {
        const call = Effect.flatMap(readCancel(message), ({ passengers, pnr }) => desk.cancel(pnr, passengers))
        return answer(context, Effect.map(asCaller(context, undefined, call), toCancellation))
      },
      pay: (message, context) => {
        const call = Effect.flatMap(readPay(message), ({ pnr }) => desk.pay(pnr))
        return answer(context, Effect.map(asCaller(context, undefined, call), toBooking))
      },
      trains: (message, context) =>
        answer(context, Effect.map(Effect.flatMap(readSearch(message), desk.search), toTrains)),
      availability: (message, context) =>
        answer(context, Effect.map(Effect.flatMap(readJourney(message), desk.availability), toAvailability)),
      watchAvailability: (message, context) =>
        stream(context, Stream.map(Stream.unwrap(Effect.map(readJourney(message), watch)), toAvailability))
    })
})
