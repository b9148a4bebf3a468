import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TrainNotFound } from "@berth/domain/TimetableErrors"
import { TrainId } from "@berth/domain/TrainId"
import type { TrainRepack } from "@berth/domain/TrainRepack"
import type { UserId } from "@berth/domain/UserId"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { AuditTrail } from "../ledger/AuditTrail.ts"
import { fromStore } from "../ledger/LedgerError.ts"
import { RunDirectory } from "./RunDirectory.ts"
import { trainNotFound } from "./SeatConfigEdit.ts"

/** Says of a train whether its passengers may be given another berth so that somebody fits; see decision 0015. */
export class RepackSwitch extends Context.Service<RepackSwitch, {
  /** What is so already is not written, and leaves no trail. */
  set(options: TrainRepack & { readonly userId: UserId }): Effect.Effect<TrainRepack, TrainNotFound | StoreUnavailable>
}>()("@berth/engine/timetable/RepackSwitch") {
  static readonly layer = Layer.effect(
    RepackSwitch,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const trail = yield* AuditTrail
      const directory = yield* RunDirectory
      const lock = SqlSchema.findOneOption({
        Request: TrainId,
        Result: Schema.Struct({ repack: Schema.Boolean }),
        execute: (trainId) => sql`SELECT repack FROM train WHERE id = ${trainId} FOR NO KEY UPDATE`
      })
      const write = SqlSchema.void({
        Request: Schema.Struct({ trainId: TrainId, repack: Schema.Boolean }),
        execute: ({ repack, trainId }) => sql`UPDATE train SET repack = ${repack} WHERE id = ${trainId}`
      })
      const change = Effect.fnUntraced(
        function*({ repack, trainId, userId }: TrainRepack & { readonly userId: UserId }) {
          const before = yield* lock(trainId)
          if (Option.isNone(before)) {
            return yield* trainNotFound(trainId)
          }
          if (before.value.repack !== repack) {
            yield* write({ trainId, repack })
            yield* trail.note({ userId, action: "set repack", subject: trainId, details: { repack } })
          }
          return { trainId, repack }
        }
      )

      return RepackSwitch.of({
        set: Effect.fn("RepackSwitch.set")(function*(options) {
          const now = yield* fromStore(sql.withTransaction(change(options)))
          // Other servers notice within a minute; until then the record refuses what they would write.
          yield* directory.forgetAll
          return now
        })
      })
    })
  )
}
