import type { SeatConfig } from "@berth/domain/SeatConfig"
import {
  type SeatConfigImpossible,
  type SeatConfigInput,
  SeatPool,
  type VersionConflict
} from "@berth/domain/SeatConfig"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TrainNotFound } from "@berth/domain/TimetableErrors"
import type { TrainId } from "@berth/domain/TrainId"
import type { UserId } from "@berth/domain/UserId"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { AuditTrail } from "../ledger/AuditTrail.ts"
import { fromStore } from "../ledger/LedgerError.ts"
import { makeSeatConfigEdit, poolsOfTrain, trainNotFound } from "./SeatConfigEdit.ts"

const Row = Schema.Struct({ version: Schema.Int, pools: Schema.Array(SeatPool) })

/** The configuration that operators edit: here, or in the table `train_seat_config`, to the same effect. */
export class SeatConfigs extends Context.Service<SeatConfigs, {
  read(trainId: TrainId): Effect.Effect<SeatConfig, TrainNotFound | StoreUnavailable>
  /** Replaces the configuration of the given version as a whole, as one new version, and notes before and after. */
  replace(options: {
    readonly userId: UserId
    readonly trainId: TrainId
    readonly version: number
    readonly config: SeatConfigInput
  }): Effect.Effect<SeatConfig, TrainNotFound | VersionConflict | SeatConfigImpossible | StoreUnavailable>
}>()("@berth/engine/timetable/SeatConfigs") {
  static readonly layer = Layer.effect(SeatConfigs, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const trail = yield* AuditTrail
  const edit = yield* makeSeatConfigEdit
  const select = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: Row,
    execute: (trainId) =>
      sql`SELECT t.config_version::float8 AS version, ${
        poolsOfTrain(sql)
      } AS pools FROM train t WHERE t.id = ${trainId}`
  })

  const read = Effect.fn("SeatConfigs.read")(function*(trainId: TrainId) {
    const row = yield* fromStore(select(trainId))
    return Option.isSome(row) ? { trainId, ...row.value } : yield* trainNotFound(trainId)
  })

  const replace = Effect.fn("SeatConfigs.replace")(function*({ config, trainId, userId, version }: {
    readonly userId: UserId
    readonly trainId: TrainId
    readonly version: number
    readonly config: SeatConfigInput
  }) {
    return yield* fromStore(sql.withTransaction(Effect.gen(function*() {
      const before = yield* edit({ trainId, version, config }, () => Effect.void)
      const after = yield* read(trainId)
      yield* trail.note({
        userId,
        action: "replace seat configuration",
        subject: trainId,
        details: { version: after.version, before: before.pools, after: after.pools }
      })
      return after
    })))
  })

  return SeatConfigs.of({ read, replace })
})
