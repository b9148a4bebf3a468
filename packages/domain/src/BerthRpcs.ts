import { Schema } from "effect"
import { Rpc, RpcGroup } from "effect/rpc"
import { RpcAuth } from "./Auth.ts"
import { Availability, SeatMap } from "./Availability.ts"
import { bookErrors, cancelErrors, payErrors, runErrors, SearchText } from "./BerthApi.ts"
import { Booking, BookingPage, Cancellation, CancelRequest } from "./Booking.ts"
import { BookingCursor } from "./BookingCursor.ts"
import { BookingNotFound, ClassNotOnTrain } from "./BookingErrors.ts"
import { BookingRequest } from "./BookingRequest.ts"
import { EventRpcs } from "./EventRpcs.ts"
import { IdempotencyKey } from "./IdempotencyKey.ts"
import { JourneyDate } from "./JourneyDate.ts"
import { OperatorRpcs } from "./OperatorRpcs.ts"
import { Pnr } from "./Pnr.ts"
import { Forbidden } from "./RequestErrors.ts"
import { RpcCheck } from "./RpcVersion.ts"
import { SeatConfig, SeatConfigImpossible, SeatConfigInput, VersionConflict } from "./SeatConfig.ts"
import { Overloaded, StoreUnavailable } from "./ServiceErrors.ts"
import { StationCode } from "./StationCode.ts"
import { StationNotFound, TrainNotFound } from "./TimetableErrors.ts"
import { JourneyList, StationList, Train } from "./Train.ts"
import { TrainId } from "./TrainId.ts"
import { TravelClass } from "./TravelClass.ts"

const journey = {
  trainId: TrainId,
  date: JourneyDate,
  from: Schema.optionalKey(StationCode),
  to: Schema.optionalKey(StationCode)
}

class TimetableRpcs extends RpcGroup.make(
  Rpc.make("Stations", {
    payload: { query: Schema.optionalKey(SearchText) },
    success: StationList,
    error: StoreUnavailable
  }),
  Rpc.make("Search", {
    payload: { from: StationCode, to: StationCode, date: JourneyDate },
    success: JourneyList,
    error: Schema.Union([StationNotFound, StoreUnavailable])
  }),
  Rpc.make("Train", {
    payload: { trainId: TrainId },
    success: Train,
    error: Schema.Union([TrainNotFound, StoreUnavailable])
  }),
  Rpc.make("Availability", { payload: journey, success: Availability, error: Schema.Union(runErrors) }),
  /** The availability now, and again whenever it has changed. */
  Rpc.make("WatchAvailability", {
    payload: journey,
    success: Availability,
    error: Schema.Union([...runErrors, Overloaded]),
    stream: true
  }),
  Rpc.make("Seats", {
    payload: { ...journey, travelClass: TravelClass },
    success: SeatMap,
    error: Schema.Union([...runErrors, ClassNotOnTrain])
  })
) {}

/** The call that sells. */
export const BookRpc = Rpc.make("Book", {
  payload: { idempotencyKey: Schema.optionalKey(IdempotencyKey), request: BookingRequest },
  success: Booking,
  error: Schema.Union(bookErrors)
})

class PersonalRpcs extends RpcGroup.make(
  BookRpc,
  Rpc.make("Bookings", {
    payload: { cursor: Schema.optionalKey(BookingCursor) },
    success: BookingPage,
    error: StoreUnavailable
  }),
  Rpc.make("Show", {
    payload: { pnr: Pnr },
    success: Booking,
    error: Schema.Union([BookingNotFound, StoreUnavailable])
  }),
  /** The booking now, and again whenever it has changed. */
  Rpc.make("WatchBooking", {
    payload: { pnr: Pnr },
    success: Booking,
    error: Schema.Union([BookingNotFound, StoreUnavailable, Overloaded]),
    stream: true
  }),
  Rpc.make("Cancel", {
    payload: { pnr: Pnr, request: CancelRequest },
    success: Cancellation,
    error: Schema.Union(cancelErrors)
  }),
  Rpc.make("Pay", { payload: { pnr: Pnr }, success: Booking, error: Schema.Union(payErrors) }),
  Rpc.make("SeatConfig", {
    payload: { trainId: TrainId },
    success: SeatConfig,
    error: Schema.Union([TrainNotFound, Forbidden, StoreUnavailable])
  }),
  Rpc.make("ReplaceSeatConfig", {
    payload: { trainId: TrainId, version: Schema.Int, config: SeatConfigInput },
    success: SeatConfig,
    error: Schema.Union([TrainNotFound, VersionConflict, SeatConfigImpossible, Forbidden, StoreUnavailable])
  })
).middleware(RpcAuth) {}

/** What passengers ask for. */
export const BookingRpcs = TimetableRpcs.merge(PersonalRpcs)

/** Everything that the HTTP API does, as remote calls, and live streams. */
export const BerthRpcs = BookingRpcs.merge(OperatorRpcs).merge(EventRpcs).middleware(RpcCheck)
