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
  "POST /api/bookings/{pnr}/pay": "passenger",
  "GET /api/admin/trains/{trainId}/seat-config": "operator",
  "PUT /api/admin/trains/{trainId}/seat-config": "operator",
  "POST /api/admin/trains/{trainId}/seat-config/preview": "operator",
  "GET /api/admin/trains": "clerk",
  "GET /api/admin/trains/{trainId}/runs": "clerk",
  "POST /api/admin/trains/{trainId}/runs/{date}/close": "operator",
  "POST /api/admin/trains/{trainId}/runs/{date}/open": "operator",
  "POST /api/admin/bookings/search": "clerk",
  "GET /api/admin/audit": "admin",
  "GET /api/me/export": "passenger",
  "DELETE /api/me": "passenger",
  "GET /api/admin/people/{userId}/export": "admin",
  "DELETE /api/admin/people/{userId}": "admin",
  "POST /api/account/mail-codes": "anybody",
  "POST /api/account/password/reset": "anybody",
  "POST /api/account/sign-in": "anybody",
  "GET /api/account/me": "passenger",
  "POST /api/account/sign-out": "passenger",
  "POST /api/account/sign-out-everywhere": "passenger",
  "POST /api/account/password": "session",
  "POST /api/account/totp": "session",
  "POST /api/account/totp/confirm": "session",
  "POST /api/account/totp/remove": "session",
  "GET /api/account/tokens": "passenger",
  "POST /api/account/tokens": "session",
  "DELETE /api/account/tokens/{id}": "passenger",
  "PUT /api/account/roles/{userId}": "admin"
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
  Pay: "passenger",
  SeatConfig: "operator",
  ReplaceSeatConfig: "operator",
  PreviewSeatConfig: "operator",
  Trains: "clerk",
  Runs: "clerk",
  CloseRun: "operator",
  OpenRun: "operator",
  SearchBookings: "clerk",
  AuditTrail: "admin",
  ExportMine: "passenger",
  EraseMine: "passenger",
  ExportPerson: "admin",
  ErasePerson: "admin"
}

export const leastOfGrpc: Readonly<Record<string, Least>> = {
  Book: "passenger",
  Show: "passenger",
  Cancel: "passenger",
  Pay: "passenger",
  Trains: "anybody",
  Availability: "anybody",
  WatchAvailability: "anybody"
}
