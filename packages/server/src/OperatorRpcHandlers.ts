import { OperatorRpcs } from "@berth/domain/OperatorRpcs"
import { Effect } from "effect"
import { OperatorDesk } from "./OperatorDesk.ts"

/** The remote calls of those who run the trains. */
export const layer = OperatorRpcs.toLayer(Effect.gen(function*() {
  const desk = yield* OperatorDesk
  return OperatorRpcs.of({
    PreviewSeatConfig: ({ config, trainId, version }) => desk.preview({ trainId, version, config }),
    SetRepack: desk.setRepack,
    Trains: desk.trains,
    Runs: desk.runs,
    CloseRun: desk.closeRun,
    OpenRun: desk.openRun,
    SearchBookings: desk.searchBookings,
    AuditTrail: desk.audit,
    ExportMine: () => desk.exportPerson(undefined),
    EraseMine: () => desk.erasePerson(undefined),
    ExportPerson: ({ userId }) => desk.exportPerson(userId),
    ErasePerson: ({ userId }) => desk.erasePerson(userId)
  })
}))
