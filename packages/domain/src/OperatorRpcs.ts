import { Schema } from "effect"
import { Rpc, RpcGroup } from "effect/rpc"
import { AuditPage } from "./AuditEntry.ts"
import { RpcAuth } from "./Auth.ts"
import { BookingPage } from "./Booking.ts"
import { BookingCursor } from "./BookingCursor.ts"
import { BookingSearch } from "./BookingSearch.ts"
import { JourneyDate } from "./JourneyDate.ts"
import { auditQuery, previewErrors, repackErrors, runListErrors, runSwitchErrors, searchErrors } from "./OperatorApi.ts"
import { Erasure, PersonalData } from "./PersonalData.ts"
import { eraseErrors, exportErrors } from "./PrivacyApi.ts"
import { RunPage, RunSummary } from "./RunList.ts"
import { SeatConfigInput } from "./SeatConfig.ts"
import { SeatConfigPreview } from "./SeatConfigPreview.ts"
import { TrainId } from "./TrainId.ts"
import { TrainPage, TrainQuery } from "./TrainPage.ts"
import { TrainRepack } from "./TrainRepack.ts"
import { UserId } from "./UserId.ts"

const run = { trainId: TrainId, date: JourneyDate }

const person = { userId: UserId }

const cursor = Schema.optionalKey(BookingCursor)

/** What the HTTP API does for those who run the trains, and for a person's own data, as remote calls. */
export class OperatorRpcs extends RpcGroup.make(
  Rpc.make("PreviewSeatConfig", {
    payload: { trainId: TrainId, version: Schema.optionalKey(Schema.Int), config: SeatConfigInput },
    success: SeatConfigPreview,
    error: Schema.Union(previewErrors)
  }),
  Rpc.make("SetRepack", {
    payload: TrainRepack.fields,
    success: TrainRepack,
    error: Schema.Union(repackErrors)
  }),
  Rpc.make("Trains", { payload: TrainQuery, success: TrainPage, error: Schema.Union(searchErrors) }),
  Rpc.make("Runs", {
    payload: { trainId: TrainId, from: Schema.optionalKey(JourneyDate) },
    success: RunPage,
    error: Schema.Union(runListErrors)
  }),
  Rpc.make("CloseRun", { payload: run, success: RunSummary, error: Schema.Union(runSwitchErrors) }),
  Rpc.make("OpenRun", { payload: run, success: RunSummary, error: Schema.Union(runSwitchErrors) }),
  Rpc.make("SearchBookings", { payload: BookingSearch, success: BookingPage, error: Schema.Union(searchErrors) }),
  Rpc.make("AuditTrail", { payload: auditQuery, success: AuditPage, error: Schema.Union(searchErrors) }),
  Rpc.make("ExportMine", {
    // Nothing is what clients send that were built before there were pages.
    payload: Schema.Union([Schema.Struct({ cursor }), Schema.Void]),
    success: PersonalData,
    error: Schema.Union(exportErrors)
  }),
  Rpc.make("EraseMine", { success: Erasure, error: Schema.Union(eraseErrors) }),
  Rpc.make("ExportPerson", {
    payload: { ...person, cursor },
    success: PersonalData,
    error: Schema.Union(exportErrors)
  }),
  Rpc.make("ErasePerson", { payload: person, success: Erasure, error: Schema.Union(eraseErrors) })
).middleware(RpcAuth) {}
