import { SeatConfigImpossible, type SeatConfigInput, SeatPool, VersionConflict } from "@berth/domain/SeatConfig"
import { TrainNotFound } from "@berth/domain/TimetableErrors"
import type { TrainId } from "@berth/domain/TrainId"
import { Effect, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"

/** A train's configuration as it was when it was locked for an edit. */
const LockedConfig = Schema.Struct({
  trainNumber: Schema.Int,
  version: Schema.Int,
  pools: Schema.Array(SeatPool)
})

const Replacement = Schema.Struct({ trainId: Schema.String, pools: Schema.Array(SeatPool) })

export const trainNotFound = (trainId: TrainId) =>
  new TrainNotFound({ trainId, detail: `There is no train ${trainId}. Search for one by stations.` })

/** The pools of a train `t` as JSON. */
export const poolsOfTrain = (sql: SqlClient.SqlClient) =>
  sql`coalesce((
    SELECT jsonb_agg(jsonb_build_object('travelClass', c.travel_class, 'quota', c.quota, 'berth', c.berth,
      'seatCount', c.seat_count) ORDER BY c.travel_class, c.quota, c.berth)
    FROM train_seat_config c WHERE c.train_id = t.id), '[]')`

/**
 * The edit itself, to be run in a transaction: by those who keep it, and by those who only look at what it would do. It
 * answers the configuration before, locked; triggers have brought the berths up to date when it returns.
 */
export const makeSeatConfigEdit = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  const lock = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: LockedConfig,
    execute: (trainId) =>
      sql`
        SELECT t.number AS "trainNumber", t.config_version::float8 AS version, ${poolsOfTrain(sql)} AS pools
        FROM train t WHERE t.id = ${trainId} FOR NO KEY UPDATE`
  })
  // One statement, so that the triggers look at the configuration once it is whole.
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

  return Effect.fnUntraced(function*<A, E, R>(
    options: {
      readonly trainId: TrainId
      /** The version that was edited; any where absent. */
      readonly version: number | undefined
      readonly config: SeatConfigInput
    },
    /** Asked once the configuration is locked and nothing is changed yet. */
    before: (locked: typeof LockedConfig.Type) => Effect.Effect<A, E, R>
  ) {
    const { config, trainId, version } = options
    const names = config.pools.map(({ berth, quota, travelClass }) => `${travelClass} ${quota} ${berth}`)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) {
      return yield* new SeatConfigImpossible({ trainId, detail: `The pool ${twice} is named twice. Name it once.` })
    }
    const found = yield* lock(trainId)
    if (Option.isNone(found)) {
      return yield* trainNotFound(trainId)
    }
    const locked = found.value
    if (version !== undefined && locked.version !== version) {
      return yield* new VersionConflict({
        trainId,
        version: locked.version,
        detail: `The configuration is at version ${locked.version} by now. Read it again and repeat your edit.`
      })
    }
    const seen = yield* before(locked)
    yield* write({ trainId, pools: config.pools }).pipe(
      Effect.catchReason("SqlError", "ConstraintError", () =>
        Effect.fail(
          new SeatConfigImpossible({
            trainId,
            detail: "A pool names a berth type that the class does not have, or more seats than 40 coaches hold."
          })
        ))
    )
    return { ...locked, seen }
  })
})
