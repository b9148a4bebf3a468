import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { AuditPage } from "./AuditEntry.ts"
import { HttpAuth } from "./Auth.ts"
import { BookingPage } from "./Booking.ts"
import { BookingSearch } from "./BookingSearch.ts"
import { JourneyDate } from "./JourneyDate.ts"
import { QueryText } from "./QueryText.ts"
import { Forbidden } from "./RequestErrors.ts"
import { RunNotFound, RunPage, RunStateConflict, RunSummary } from "./RunList.ts"
import { SeatConfigImpossible, SeatConfigInput, VersionConflict } from "./SeatConfig.ts"
import { SeatConfigPreview } from "./SeatConfigPreview.ts"
import { RunPreparing, StoreUnavailable } from "./ServiceErrors.ts"
import { TrainNotFound } from "./TimetableErrors.ts"
import { TrainId } from "./TrainId.ts"
import { TrainPage, TrainQuery } from "./TrainPage.ts"
import { TrainRepack } from "./TrainRepack.ts"
import { UserId } from "./UserId.ts"
import { VersionTag } from "./VersionTag.ts"

export const previewErrors = [
  TrainNotFound,
  VersionConflict,
  SeatConfigImpossible,
  Forbidden,
  StoreUnavailable
] as const

export const searchErrors = [Forbidden, StoreUnavailable] as const

export const repackErrors = [TrainNotFound, Forbidden, StoreUnavailable] as const

export const runListErrors = [TrainNotFound, Forbidden, StoreUnavailable] as const

export const runSwitchErrors = [RunNotFound, RunStateConflict, RunPreparing, Forbidden, StoreUnavailable] as const

const run = { trainId: TrainId, date: JourneyDate }

/** What narrows the audit trail; the newest entries come first. */
export const auditQuery = {
  userId: Schema.optionalKey(UserId),
  subject: Schema.optionalKey(QueryText),
  cursor: Schema.optionalKey(Schema.Int)
}

/** For those who run the trains and serve at counters. */
export class OperatorApi extends HttpApiGroup.make("operators").add(
  HttpApiEndpoint.post("previewSeatConfig", "/trains/:trainId/seat-config/preview", {
    params: { trainId: TrainId },
    headers: { "if-match": Schema.optionalKey(VersionTag) },
    payload: SeatConfigInput,
    success: SeatConfigPreview,
    error: previewErrors
  }),
  HttpApiEndpoint.put("setRepack", "/trains/:trainId/repack", {
    params: { trainId: TrainId },
    payload: Schema.Struct({ repack: TrainRepack.fields.repack }),
    success: TrainRepack,
    error: repackErrors
  }),
  HttpApiEndpoint.get("trains", "/trains", { query: TrainQuery, success: TrainPage, error: searchErrors }),
  HttpApiEndpoint.get("runs", "/trains/:trainId/runs", {
    params: { trainId: TrainId },
    query: { from: Schema.optionalKey(JourneyDate) },
    success: RunPage,
    error: runListErrors
  }),
  HttpApiEndpoint.post("closeRun", "/trains/:trainId/runs/:date/close", {
    params: run,
    success: RunSummary,
    error: runSwitchErrors
  }),
  HttpApiEndpoint.post("openRun", "/trains/:trainId/runs/:date/open", {
    params: run,
    success: RunSummary,
    error: runSwitchErrors
  }),
  HttpApiEndpoint.post("searchBookings", "/bookings/search", {
    payload: BookingSearch,
    success: BookingPage,
    error: searchErrors
  }),
  HttpApiEndpoint.get("audit", "/audit", { query: auditQuery, success: AuditPage, error: searchErrors })
).prefix("/api/admin").middleware(HttpAuth) {}
