import { Booking } from "@berth/domain/Booking"
import { BookingRequest } from "@berth/domain/BookingRequest"
import { JourneyDate } from "@berth/domain/JourneyDate"
import { Pnr } from "@berth/domain/Pnr"
import { TrainId } from "@berth/domain/TrainId"
import { Schema } from "effect"

export const trainId = TrainId.make("12345")
export const date = JourneyDate.make("2026-12-05")
export const pnr = Pnr.make("4512345678")

export const booking = Schema.decodeSync(Booking)({
  pnr,
  status: "CONFIRMED",
  trainId,
  date,
  from: "HWH",
  to: "GHY",
  travelClass: "SL",
  quota: "GN",
  userId: "user_789",
  bookedAt: "2026-11-22T10:00:00Z",
  passengers: [
    { number: 1, name: "Example", age: 18, status: "CONFIRMED", coach: "S1", seat: "S1-1", berth: "LB" }
  ]
})

export const request = Schema.decodeSync(BookingRequest)({
  trainId,
  date,
  travelClass: "SL",
  passengers: [{ name: "Example", age: 18 }]
})

export const storeAway = (retryAfterSeconds: number) => ({
  _tag: "StoreUnavailable",
  type: "urn:berth:problem:StoreUnavailable",
  title: "A store is away",
  status: 503,
  detail: "Redis does not answer.",
  store: "redis",
  retryAfterSeconds
})

export const overloaded = {
  _tag: "Overloaded",
  type: "urn:berth:problem:Overloaded",
  title: "Too busy",
  status: 503,
  detail: "Too much is asked at once.",
  retryAfterSeconds: 1
}

export const availability = (free: number) => ({
  trainId,
  date,
  from: "HWH",
  to: "GHY",
  classes: [{
    travelClass: "SL",
    quotas: [{ quota: "GN", quotaName: "General", free, berths: { LB: free }, rac: { free: 0 }, waitlist: null }]
  }]
})
