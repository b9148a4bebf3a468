import type { Availability, SeatMap } from "@berth/domain/Availability"
import type { Booking, BookingPage, Cancellation, CancelRequest } from "@berth/domain/Booking"
import type { BookingNotFound, ClassNotOnTrain } from "@berth/domain/BookingErrors"
import type { BookingEvent, CursorGone, RunEvent } from "@berth/domain/BookingEvent"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import type { EventCursor } from "@berth/domain/EventCursor"
import type { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import type { JourneyDate } from "@berth/domain/JourneyDate"
import type { Pnr } from "@berth/domain/Pnr"
import type { RunNotFound } from "@berth/domain/RunList"
import type { SeatConfig, SeatConfigImpossible, SeatConfigInput, VersionConflict } from "@berth/domain/SeatConfig"
import type { StationCode } from "@berth/domain/StationCode"
import type { StationNotFound, TrainNotFound } from "@berth/domain/TimetableErrors"
import type { Journey, Station, Train } from "@berth/domain/Train"
import type { TrainId } from "@berth/domain/TrainId"
import type { TravelClass } from "@berth/domain/TravelClass"
import type { Effect, Stream } from "effect"
import type { AdminError, BookError, CallError, CancelError, PayError, PersonalError, RunError } from "./CallErrors.ts"

/** A part of a run. Without `from` or `to`, from the origin or to the terminus. */
export interface RunJourney {
  readonly trainId: TrainId
  /** The day on which the run leaves its origin. */
  readonly date: JourneyDate
  readonly from?: StationCode
  readonly to?: StationCode
}

export interface BookOptions {
  readonly request: BookingRequest
  /**
   * The same key gives the same booking. Where it is absent each call makes one of its own and keeps it across its
   * retries; whoever wants to repeat a call that failed chooses one.
   */
  readonly idempotencyKey?: IdempotencyKey
}

/** What can be asked of Berth, whatever the transport. */
export interface BookingCalls {
  /** Stations whose code or name matches `query`. */
  readonly stations: (options: { readonly query?: string }) => Effect.Effect<ReadonlyArray<Station>, CallError>
  /** Trains from one station to another; here `date` is the day of departure at `from`. */
  readonly search: (options: {
    readonly from: StationCode
    readonly to: StationCode
    readonly date: JourneyDate
  }) => Effect.Effect<ReadonlyArray<Journey>, CallError | StationNotFound>
  readonly train: (options: { readonly trainId: TrainId }) => Effect.Effect<Train, CallError | TrainNotFound>
  /** How many berths are free, by class, quota and berth type. */
  readonly availability: (journey: RunJourney) => Effect.Effect<Availability, RunError>
  /** The availability now, and again whenever it has changed. Does not end. */
  readonly watchAvailability: (journey: RunJourney) => Stream.Stream<Availability, RunError>
  /** Every berth of a class with its state. */
  readonly seats: (
    options: RunJourney & { readonly travelClass: TravelClass }
  ) => Effect.Effect<SeatMap, RunError | ClassNotOnTrain>
  readonly book: (options: BookOptions) => Effect.Effect<Booking, BookError>
  /** One page of the caller's bookings, newest first; `cursor` is the `nextCursor` of the page before. */
  readonly bookings: (options: { readonly cursor?: string }) => Effect.Effect<BookingPage, PersonalError>
  readonly show: (options: { readonly pnr: Pnr }) => Effect.Effect<Booking, PersonalError | BookingNotFound>
  /** The booking now, and again whenever it has changed. Does not end. */
  readonly watchBooking: (options: { readonly pnr: Pnr }) => Stream.Stream<Booking, PersonalError | BookingNotFound>
  /**
   * What has happened to the booking and what happens further, from a cursor on where one is given: the `id` of the last
   * event that was seen. Does not end.
   */
  readonly bookingEvents: (
    options: { readonly pnr: Pnr; readonly cursor?: EventCursor }
  ) => Stream.Stream<BookingEvent, PersonalError | BookingNotFound | CursorGone>
  /** What happens on a run, from now or from a cursor on. Does not end. */
  readonly runEvents: (
    options: { readonly trainId: TrainId; readonly date: JourneyDate; readonly cursor?: EventCursor }
  ) => Stream.Stream<RunEvent, CallError | RunNotFound | CursorGone>
  /** Cancels the passengers named, or all. Asked once only: a second time there would be nothing left to cancel. */
  readonly cancel: (options: CancelRequest & { readonly pnr: Pnr }) => Effect.Effect<Cancellation, CancelError>
  /** Pays a booking that is held. Asking again never pays twice. */
  readonly pay: (options: { readonly pnr: Pnr }) => Effect.Effect<Booking, PayError>
  readonly seatConfig: (
    options: { readonly trainId: TrainId }
  ) => Effect.Effect<SeatConfig, AdminError | TrainNotFound>
  /** Replaces the configuration that has this version. Asked once only: the version has then passed. */
  readonly replaceSeatConfig: (options: {
    readonly trainId: TrainId
    readonly version: number
    readonly config: SeatConfigInput
  }) => Effect.Effect<SeatConfig, AdminError | TrainNotFound | VersionConflict | SeatConfigImpossible>
}
