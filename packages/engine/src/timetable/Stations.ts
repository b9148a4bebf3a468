import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { StationCode } from "@berth/domain/StationCode"
import { StationNotFound } from "@berth/domain/TimetableErrors"
import { Station } from "@berth/domain/Train"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "../ledger/LedgerError.ts"

/** Stations that a search answers. */
const answersMax = 50

export class Stations extends Context.Service<Stations, {
  /** Stations whose code or name begins with the text, then those that contain it. */
  search(text: string): Effect.Effect<ReadonlyArray<Station>, StoreUnavailable>
  /** Fails where no station has the code. */
  exist(codes: ReadonlyArray<StationCode>): Effect.Effect<void, StationNotFound | StoreUnavailable>
}>()("@berth/engine/timetable/Stations") {
  static readonly layer = Layer.effect(
    Stations,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const select = SqlSchema.findAll({
        Request: Schema.String,
        Result: Station,
        execute: (text) =>
          sql`
            SELECT code, name FROM station
            WHERE strpos(lower(code), lower(${text})) > 0 OR strpos(lower(name), lower(${text})) > 0
            ORDER BY lower(code) <> lower(${text}), strpos(lower(name), lower(${text})) <> 1, name, code
            LIMIT ${answersMax}`
      })
      const selectCodes = SqlSchema.findAll({
        Request: Schema.fromJsonString(Schema.Array(StationCode)),
        Result: Schema.Struct({ code: StationCode }),
        execute: (codes) =>
          sql`SELECT code FROM station WHERE code IN (SELECT jsonb_array_elements_text(${codes}::text::jsonb))`
      })
      return Stations.of({
        search: (text) => fromStore(select(text)),
        exist: Effect.fnUntraced(function*(codes) {
          const found = new Set((yield* fromStore(selectCodes(codes))).map(({ code }) => code))
          const stationCode = codes.find((code) => !found.has(code))
          if (stationCode !== undefined) {
            return yield* new StationNotFound({
              stationCode,
              detail: `There is no station ${stationCode}. Look its code up at /api/stations?query=.`
            })
          }
        })
      })
    })
  )
}
