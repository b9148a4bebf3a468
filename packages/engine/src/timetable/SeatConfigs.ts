import type { SeatConfig } from "@berth/domain/SeatConfig"
import { SeatConfigImpossible, type SeatConfigInput, SeatPool, VersionConflict } from "@berth/domain/SeatConfig"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TrainNotFound } from "@berth/domain/TimetableErrors"
import type { TrainId } from "@berth/domain/TrainId"
import type { UserId } from "@berth/domain/UserId"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "../ledger/LedgerError.ts"

const Row = Schema.Struct({ version: Schema.Int, pools: Schema.Array(SeatPool) })
const Replacement = Schema.Struct({ trainId: Schema.String, version: Schema.Int, pools: Schema.Array(SeatPool) })

/** The configuration that operators edit: here, or in the table `train_seat_config`, to the same effect. */
export class SeatConfigs extends Context.Service<SeatConfigs, {
  read(trainId: TrainId): Effect.Effect<SeatConfig, TrainNotFound | StoreUnavailable>
  /** Replaces the configuration of the given version as a whole. */
  replace(options: {
    readonly userId: UserId
    readonly trainId: TrainId
    readonly version: number
    readonly config: SeatConfigInput
  }): Effect.Effect<SeatConfig, TrainNotFound | VersionConflict | SeatConfigImpossible | StoreUnavailable>
}>()("@berth/engine/timetable/SeatConfigs") {
  static readonly layer = Layer.effect(SeatConfigs, Effect.suspend(() => make))
}

const notFound = (trainId: TrainId) =>
  new TrainNotFound({ trainId, detail: `There is no train ${trainId}. Search for one by stations.` })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const select = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: Row,
    execute: (trainId) =>
      sql`
        SELECT t.config_version::float8 AS version, coalesce((
          SELECT jsonb_agg(jsonb_build_object('travelClass', c.travel_class, 'quota', c.quota, 'berth', c.berth,
            'seatCount', c.seat_count) ORDER BY c.travel_class, c.quota, c.berth)
          FROM train_seat_config c WHERE c.train_id = t.id), '[]') AS pools
        FROM train t WHERE t.id = ${trainId}`
  })
  const lock = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: Schema.Struct({ version: Schema.Int }),
    execute: (trainId) =>
      sql`SELECT config_version::float8 AS version FROM train WHERE id = ${trainId} FOR NO KEY UPDATE`
  })
  // One statement a table: the triggers look at the configuration once it is whole.
  const write = SqlSchema.void({
    Request: Schema.fromJsonString(Replacement),
    execute: (replacement) =>
      sql`
        MERGE INTO train_seat_config c
        USING (
          SELECT ${replacement}::text::jsonb ->> 'trainId' AS train_id, p."travelClass" AS travel_class, p.quota,
            p.berth, p."seatCount" AS seat_count
          FROM jsonb_to_recordset(${replacement}::text::jsonb -> 'pools')
            AS p("travelClass" text, quota text, berth text, "seatCount" int)
        ) n ON (c.train_id, c.travel_class, c.quota, c.berth) = (n.train_id, n.travel_class, n.quota, n.berth)
        WHEN MATCHED AND c.seat_count <> n.seat_count THEN UPDATE SET seat_count = n.seat_count
        WHEN NOT MATCHED BY TARGET THEN INSERT VALUES (n.train_id, n.travel_class, n.quota, n.berth, n.seat_count)
        WHEN NOT MATCHED BY SOURCE AND c.train_id = ${replacement}::text::jsonb ->> 'trainId' THEN DELETE`
  })
  const trail = SqlSchema.void({
    Request: Schema.Struct({ userId: Schema.String, trainId: Schema.String, details: Schema.String }),
    execute: ({ details, trainId, userId }) =>
      sql`INSERT INTO audit (user_id, action, subject, details)
        VALUES (${userId}, 'replace seat configuration', ${trainId}, ${details}::text::jsonb)`
  })

  const read = Effect.fn("SeatConfigs.read")(function*(trainId: TrainId) {
    const row = yield* fromStore(select(trainId))
    return Option.isSome(row) ? { trainId, ...row.value } : yield* notFound(trainId)
  })

  const replace = Effect.fn("SeatConfigs.replace")(function*({ config, trainId, userId, version }: {
    readonly userId: UserId
    readonly trainId: TrainId
    readonly version: number
    readonly config: SeatConfigInput
  }) {
    const names = config.pools.map(({ berth, quota, travelClass }) => `${travelClass} ${quota} ${berth}`)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) {
      return yield* new SeatConfigImpossible({ trainId, detail: `The pool ${twice} is named twice. Name it once.` })
    }
    yield* sql.withTransaction(Effect.gen(function*() {
      const found = yield* lock(trainId)
      if (Option.isNone(found)) {
        return yield* notFound(trainId)
      }
      if (found.value.version !== version) {
        return yield* new VersionConflict({
          trainId,
          version: found.value.version,
          detail: `The configuration is at version ${found.value.version} by now. Read it again and repeat your edit.`
        })
      }
      yield* write({ trainId, version, pools: config.pools })
      yield* trail({ userId, trainId, details: JSON.stringify({ version, pools: config.pools }) })
    })).pipe(
      Effect.catchReason("SqlError", "ConstraintError", () =>
        Effect.fail(
          new SeatConfigImpossible({
            trainId,
            detail: "A pool names a berth type that the class does not have, or more seats than 40 coaches hold."
          })
        )),
      fromStore
    )
    return yield* read(trainId)
  })

  return SeatConfigs.of({ read, replace })
})
