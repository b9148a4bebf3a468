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
    ExportMine: (asked) => desk.exportPerson(undefined, typeof asked === "object" ? asked.cursor : undefined),
    EraseMine: () => desk.erasePerson(undefined),
    ExportPerson: ({ cursor, userId }) => desk.exportPerson(userId, cursor),
    ErasePerson: ({ userId }) => desk.erasePerson(userId)
  })
}))
