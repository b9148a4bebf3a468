import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { AccountApi, SignInApi } from "./AccountApi.ts"
import { HttpAuth } from "./Auth.ts"
import { Availability, SeatMap } from "./Availability.ts"
import { Booking, BookingPage, Cancellation, CancelRequest } from "./Booking.ts"
import { BookingCursor } from "./BookingCursor.ts"
import {
  BookingNotFound,
  ClassNotOnTrain,
  HoldExpired,
  IdempotencyConflict,
  NotARunningDay,
  NothingToCancel,
  NothingToPay,
  OutsideBookingWindow,
  PaymentDeclined,
  PaymentPending,
  QuotaNotOnTrain,
  SoldOut,
  TooManyPassengers
} from "./BookingErrors.ts"
import { BookingRequest } from "./BookingRequest.ts"
import { BookingEventsApi, RunEventsApi } from "./EventApi.ts"
import { IdempotencyKey } from "./IdempotencyKey.ts"
import { JourneyDate } from "./JourneyDate.ts"
import { OperatorApi } from "./OperatorApi.ts"
import { Pnr } from "./Pnr.ts"
import { PrivacyApi } from "./PrivacyApi.ts"
import { QueryText } from "./QueryText.ts"
import { ReaderLimit } from "./ReaderLimit.ts"
import { RequestCheck } from "./RequestCheck.ts"
import { Forbidden } from "./RequestErrors.ts"
import { SeatConfig, SeatConfigImpossible, SeatConfigInput, VersionConflict, VersionNeeded } from "./SeatConfig.ts"
import { Overloaded, RunPreparing, StoreUnavailable } from "./ServiceErrors.ts"
import { StationCode } from "./StationCode.ts"
import { JourneyNotOnTrain, StationNotFound, TrainNotFound } from "./TimetableErrors.ts"
import { JourneyList, StationList, Train } from "./Train.ts"
import { TrainId } from "./TrainId.ts"
import { TravelClass } from "./TravelClass.ts"
import { VersionTag } from "./VersionTag.ts"
import { WebhookApi } from "./WebhookApi.ts"

/** Errors of whatever asks for a run that is on sale. */
export const runErrors = [
  TrainNotFound,
  StationNotFound,
  JourneyNotOnTrain,
  OutsideBookingWindow,
  NotARunningDay,
  RunPreparing,
  StoreUnavailable
] as const

export const bookErrors = [
  ...runErrors,
  ClassNotOnTrain,
  QuotaNotOnTrain,
  TooManyPassengers,
  SoldOut,
  IdempotencyConflict,
  Forbidden,
  Overloaded
] as const

export const cancelErrors = [BookingNotFound, NothingToCancel, StoreUnavailable] as const

export const payErrors = [
  BookingNotFound,
  NothingToPay,
  HoldExpired,
  PaymentDeclined,
  PaymentPending,
  StoreUnavailable
] as const

export const searchTextLengthMax = 100

/** Text to search for; matched without regard to case. */
export const SearchText = QueryText.check(Schema.isMaxLength(searchTextLengthMax))

const journey = { date: JourneyDate, from: Schema.optionalKey(StationCode), to: Schema.optionalKey(StationCode) }

/** What is asked of a search for trains: from where, where to, and on which day they leave there. */
export const SearchQuery = Schema.Struct({ from: StationCode, to: StationCode, date: JourneyDate })

/** A journey on a run; from its origin and to its terminus where no stations are named. */
export const JourneyQuery = Schema.Struct(journey)

export const TrainParams = Schema.Struct({ trainId: TrainId })

export class EnquiryApi extends HttpApiGroup.make("enquiry").add(
  HttpApiEndpoint.get("search", "/trains", {
    query: SearchQuery,
    success: JourneyList,
    error: [StationNotFound, StoreUnavailable]
  }),
  HttpApiEndpoint.get("availability", "/trains/:trainId/availability", {
    params: TrainParams,
    query: JourneyQuery,
    success: Availability,
    error: runErrors
  })
).prefix("/api").middleware(ReaderLimit).middleware(RequestCheck) {}

export class TimetableApi extends HttpApiGroup.make("timetable").add(
  HttpApiEndpoint.get("stations", "/stations", {
    query: { query: Schema.optionalKey(SearchText) },
    success: StationList,
    error: StoreUnavailable
  }),
  HttpApiEndpoint.get("train", "/trains/:trainId", {
    params: { trainId: TrainId },
    success: Train,
    error: [TrainNotFound, StoreUnavailable]
  }),
  HttpApiEndpoint.get("seats", "/trains/:trainId/seats", {
    params: { trainId: TrainId },
    query: { ...journey, travelClass: TravelClass },
    success: SeatMap,
    error: [...runErrors, ClassNotOnTrain]
  })
).prefix("/api").middleware(ReaderLimit) {}

export class SaleApi extends HttpApiGroup.make("sale").add(
  HttpApiEndpoint.post("book", "/bookings", {
    headers: { "idempotency-key": Schema.optionalKey(IdempotencyKey) },
    payload: BookingRequest,
    success: [Booking.pipe(HttpApiSchema.status(201)), Booking],
    error: bookErrors
  })
).prefix("/api").middleware(HttpAuth).middleware(RequestCheck) {}

export class BookingsApi extends HttpApiGroup.make("bookings").add(
  HttpApiEndpoint.get("mine", "/bookings", {
    query: { cursor: Schema.optionalKey(BookingCursor) },
    success: BookingPage,
    error: StoreUnavailable
  }),
  HttpApiEndpoint.get("show", "/bookings/:pnr", {
    params: { pnr: Pnr },
    success: Booking,
    error: [BookingNotFound, StoreUnavailable]
  }),
  HttpApiEndpoint.post("cancel", "/bookings/:pnr/cancel", {
    params: { pnr: Pnr },
    // A body may be left out altogether.
    payload: [CancelRequest, Schema.Null],
    success: Cancellation,
    error: cancelErrors
  }),
  HttpApiEndpoint.post("pay", "/bookings/:pnr/pay", {
    params: { pnr: Pnr },
    success: Booking,
    error: payErrors
  })
).prefix("/api").middleware(HttpAuth) {}

export class AdminApi extends HttpApiGroup.make("admin").add(
  HttpApiEndpoint.get("seatConfig", "/trains/:trainId/seat-config", {
    params: { trainId: TrainId },
    success: SeatConfig,
    error: [TrainNotFound, Forbidden, StoreUnavailable]
  }),
  HttpApiEndpoint.put("replaceSeatConfig", "/trains/:trainId/seat-config", {
    params: { trainId: TrainId },
    headers: { "if-match": Schema.optionalKey(VersionTag) },
    payload: SeatConfigInput,
    success: SeatConfig,
    error: [TrainNotFound, VersionConflict, VersionNeeded, SeatConfigImpossible, Forbidden, StoreUnavailable]
  })
).prefix("/api/admin").middleware(HttpAuth) {}

/** The HTTP calls of Berth but those that a sale is made of, which the server answers by routes of their own. */
export class DeskApi extends HttpApi.make("berth")
  .add(TimetableApi)
  .add(BookingsApi)
  .add(BookingEventsApi)
  .add(RunEventsApi)
  .add(WebhookApi)
  .add(AdminApi)
  .add(OperatorApi)
  .add(PrivacyApi)
  .add(SignInApi)
  .add(AccountApi)
  .middleware(RequestCheck)
  .annotate(HttpApi.ParseOptions, { errors: "all" })
  .annotateMerge(OpenApi.annotations({
    title: "Berth",
    version: "1",
    description:
      "Train seats, sold once a leg. `date` is the day on which the run leaves its origin, but in the search "
      + "of trains, where it is the day of departure at `from`."
  }))
{}

/** The HTTP calls of Berth. */
export class BerthApi extends DeskApi.add(EnquiryApi).add(SaleApi) {}
