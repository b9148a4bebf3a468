import { Schema } from "effect"
import { Rpc, RpcGroup, RpcMiddleware } from "effect/rpc"

/**
 * The remote calls of version 1 that passengers make, as they went over the wire: this stands for clients that were
 * built then, so it imports nothing of today's domain, and nobody changes it.
 */

const problem = <const Tag extends string, const Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  Schema.Struct({ _tag: Schema.Literal(tag), detail: Schema.String, ...fields })

const run = { trainId: Schema.String, date: Schema.String }
const retryAfterSeconds = Schema.Int

const Unauthorized = problem("Unauthorized", {})
const Forbidden = problem("Forbidden", { userId: Schema.String })
const RateLimited = problem("RateLimited", { retryAfterSeconds })
const Overloaded = problem("Overloaded", { retryAfterSeconds })
const StoreUnavailable = problem("StoreUnavailable", {
  store: Schema.Literals(["postgresql", "redis"]),
  retryAfterSeconds
})
const TrainNotFound = problem("TrainNotFound", { trainId: Schema.String })
const StationNotFound = problem("StationNotFound", { stationCode: Schema.String })
const ClassNotOnTrain = problem("ClassNotOnTrain", { ...run, travelClass: Schema.String })
const BookingNotFound = problem("BookingNotFound", { pnr: Schema.String })
const NothingToCancel = problem("NothingToCancel", { pnr: Schema.String })

const runErrors = [
  TrainNotFound,
  StationNotFound,
  problem("JourneyNotOnTrain", { ...run, from: Schema.String, to: Schema.String }),
  problem("OutsideBookingWindow", { ...run, firstDate: Schema.String, lastDate: Schema.String }),
  problem("NotARunningDay", run),
  problem("RunPreparing", { ...run, retryAfterSeconds }),
  StoreUnavailable
] as const

const bookErrors = [
  ...runErrors,
  ClassNotOnTrain,
  problem("QuotaNotOnTrain", { ...run, travelClass: Schema.String, quota: Schema.String }),
  problem("TooManyPassengers", { passengers: Schema.Int, passengersMax: Schema.Int }),
  problem("SoldOut", { ...run, travelClass: Schema.String, quota: Schema.String }),
  problem("IdempotencyConflict", {}),
  Forbidden,
  Overloaded
] as const

const travelClass = Schema.Literals(["1A", "2A", "3A", "3E", "SL", "CC", "EC", "2S"])
const quota = Schema.String
const berth = Schema.Literals(["LB", "MB", "UB", "SL", "SU", "WS", "MS", "AS"])
const ends = { from: Schema.String, to: Schema.String }
const journey = { ...run, from: Schema.optionalKey(Schema.String), to: Schema.optionalKey(Schema.String) }

const Booking = Schema.Struct({
  pnr: Schema.String,
  status: Schema.Literals(["CONFIRMED", "RAC", "WAITLISTED", "CANCELLED"]),
  ...run,
  ...ends,
  travelClass,
  quota,
  userId: Schema.String,
  bookedAt: Schema.String,
  passengers: Schema.Array(Schema.Struct({
    number: Schema.Int,
    name: Schema.String,
    age: Schema.Int,
    status: Schema.Literals(["CONFIRMED", "RAC", "WAITLISTED", "CANCELLED"]),
    coach: Schema.optionalKey(Schema.String),
    seat: Schema.optionalKey(Schema.String),
    berth: Schema.optionalKey(berth),
    waitlist: Schema.optionalKey(Schema.Struct({ kind: Schema.String, atBooking: Schema.Int, now: Schema.Int }))
  }))
})

const Availability = Schema.Struct({
  ...run,
  ...ends,
  classes: Schema.Array(Schema.Struct({
    travelClass,
    quotas: Schema.Array(Schema.Struct({
      quota,
      quotaName: Schema.String,
      free: Schema.Int,
      berths: Schema.Record(Schema.String, Schema.Int),
      rac: Schema.Struct({ free: Schema.Int }),
      waitlist: Schema.NullOr(Schema.Struct({ kind: Schema.String, waiting: Schema.Int, max: Schema.Int }))
    }))
  }))
})

const BookingRequest = Schema.Struct({
  ...journey,
  travelClass,
  quota: Schema.optionalKey(quota),
  passengers: Schema.Array(Schema.Struct({
    name: Schema.String,
    age: Schema.Int,
    berth: Schema.optionalKey(berth)
  }))
})

/** What version 1 sent with a token: the same header as today. */
export class RpcAuth1 extends RpcMiddleware.Service<RpcAuth1>()("frozen/RpcAuth1", {
  error: Schema.Union([Unauthorized, RateLimited, StoreUnavailable]),
  requiredForClient: true
}) {}

export const BerthRpcs1 = RpcGroup.make(
  Rpc.make("Book", {
    payload: { idempotencyKey: Schema.optionalKey(Schema.String), request: BookingRequest },
    success: Booking,
    error: Schema.Union(bookErrors)
  }),
  Rpc.make("Bookings", {
    payload: { cursor: Schema.optionalKey(Schema.String) },
    success: Schema.Struct({ bookings: Schema.Array(Booking), nextCursor: Schema.optionalKey(Schema.String) }),
    error: StoreUnavailable
  }),
  Rpc.make("Show", {
    payload: { pnr: Schema.String },
    success: Booking,
    error: Schema.Union([BookingNotFound, StoreUnavailable])
  }),
  Rpc.make("Cancel", {
    payload: {
      pnr: Schema.String,
      request: Schema.Struct({ passengers: Schema.optionalKey(Schema.Array(Schema.Int)) })
    },
    success: Schema.Struct({
      booking: Booking,
      refund: Schema.Struct({ amount: Schema.Int, currency: Schema.Literal("INR") })
    }),
    error: Schema.Union([BookingNotFound, NothingToCancel, StoreUnavailable])
  })
).middleware(RpcAuth1).add(
  Rpc.make("Stations", {
    payload: { query: Schema.optionalKey(Schema.String) },
    success: Schema.Struct({ stations: Schema.Array(Schema.Struct({ code: Schema.String, name: Schema.String })) }),
    error: StoreUnavailable
  }),
  Rpc.make("Search", {
    payload: { ...ends, date: Schema.String },
    success: Schema.Struct({
      trains: Schema.Array(Schema.Struct({
        trainId: Schema.String,
        name: Schema.String,
        date: Schema.String,
        ...ends,
        departsAt: Schema.String,
        arrivesAt: Schema.String,
        km: Schema.Finite,
        availability: Schema.Array(Schema.Struct({ travelClass, free: Schema.Int }))
      }))
    }),
    error: Schema.Union([StationNotFound, StoreUnavailable])
  }),
  Rpc.make("Availability", { payload: journey, success: Availability, error: Schema.Union(runErrors) }),
  Rpc.make("WatchAvailability", {
    payload: journey,
    success: Availability,
    error: Schema.Union([...runErrors, Overloaded]),
    stream: true
  }),
  Rpc.make("Seats", {
    payload: { ...journey, travelClass },
    success: Schema.Struct({
      ...run,
      ...ends,
      travelClass,
      seats: Schema.Array(Schema.Struct({
        seat: Schema.String,
        coach: Schema.String,
        berth,
        quota,
        state: Schema.Literals(["free", "taken"])
      }))
    }),
    error: Schema.Union([...runErrors, ClassNotOnTrain])
  })
)
