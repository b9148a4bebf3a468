import type { Role } from "@berth/domain/Auth"

/** The least that may make a call. `session`: whoever signed in, and no program's token, whatever its role. */
export type Least = Role | "anybody" | "session"

/**
 * Who may make each call. A call that is not here fails the tests: whoever adds one says who may make it. On a booking,
 * and whatever else is somebody's own, `passenger` means its owner.
 */
export const leastOfHttp: Readonly<Record<string, Least>> = {
  "GET /api/stations": "anybody",
  "GET /api/trains": "anybody",
  "GET /api/trains/{trainId}": "anybody",
  "GET /api/trains/{trainId}/availability": "anybody",
  "GET /api/trains/{trainId}/seats": "anybody",
  "POST /api/bookings": "passenger",
  "GET /api/bookings": "passenger",
  "GET /api/bookings/{pnr}": "passenger",
  "POST /api/bookings/{pnr}/cancel": "passenger",
  "GET /api/admin/trains/{trainId}/seat-config": "admin",
  "PUT /api/admin/trains/{trainId}/seat-config": "admin"
}

export const leastOfRpc: Readonly<Record<string, Least>> = {
  Stations: "anybody",
  Search: "anybody",
  Train: "anybody",
  Availability: "anybody",
  WatchAvailability: "anybody",
  Seats: "anybody",
  Book: "passenger",
  Bookings: "passenger",
  Show: "passenger",
  WatchBooking: "passenger",
  Cancel: "passenger",
  SeatConfig: "admin",
  ReplaceSeatConfig: "admin"
}

export const leastOfGrpc: Readonly<Record<string, Least>> = {
  Book: "passenger",
  Show: "passenger",
  Cancel: "passenger",
  Trains: "anybody",
  Availability: "anybody",
  WatchAvailability: "anybody"
}
