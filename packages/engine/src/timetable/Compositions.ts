import { Quota } from "@berth/domain/Quota"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { waitlistMax } from "@berth/domain/rules/WaitlistCap"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TravelClass, travelClasses } from "@berth/domain/TravelClass"
import { Cache, Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { countBits } from "../inventory/BayBits.ts"
import type { QuotaMasks } from "../inventory/Inventory.ts"
import { fromStore } from "../ledger/LedgerError.ts"

/** The berths of one class of a train. */
export interface ClassComposition {
  readonly travelClass: TravelClass
  /** Quotas that the class was ever configured with: Redis may have keys of any of them. */
  readonly quotas: ReadonlyArray<Quota>
  /** Berths for sale. A quota of which none is left is absent. */
  readonly masks: QuotaMasks
  /** Passengers who may wait in the general quota at once. */
  readonly waitlistMax: number
}

/** The berths of a train under one version of its seat configuration. */
export interface Composition {
  readonly version: number
  readonly classes: ReadonlyMap<TravelClass, ClassComposition>
}

/** Compositions kept in memory. */
const compositionsMax = 4096

const Row = Schema.Struct({
  trainNumber: Schema.Int,
  version: Schema.Int,
  pools: Schema.Array(Schema.Struct({
    travelClass: TravelClass,
    quota: Quota,
    bays: Schema.Array(Schema.Int),
    masks: Schema.Array(Schema.Int)
  }))
})

const toMask = (bays: ReadonlyArray<number>, masks: ReadonlyArray<number>): Uint8Array => {
  const mask = new Uint8Array(Math.max(...bays) + 1)
  bays.forEach((bay, index) => {
    mask[bay] = masks[index] ?? 0
  })
  return mask
}

const toComposition = (row: typeof Row.Type): Composition => {
  const classes = new Map<TravelClass, ClassComposition>()
  for (const travelClass of travelClasses) {
    const pools = row.pools.filter((pool) => pool.travelClass === travelClass)
    if (pools.length > 0) {
      const masks = new Map(
        pools.map((pool) => [pool.quota, toMask(pool.bays, pool.masks)] as const).filter(([, mask]) =>
          mask.some((byte) => byte !== 0)
        )
      )
      const general = masks.get("GN")
      classes.set(travelClass, {
        travelClass,
        quotas: [...new Set<Quota>(["GN", ...pools.map((pool) => pool.quota)])],
        masks,
        waitlistMax: general === undefined ? 0 : waitlistMax(travelClass, countBits(general, 255))
      })
    }
  }
  return { version: row.version, classes }
}

/** What scripts must know of a class. */
export const classOfRun = (composition: ClassComposition, legs: number) => ({
  layout: coachLayouts[composition.travelClass],
  legs,
  quotas: composition.quotas
})

/** A train under a version of its seat configuration. */
export interface Versioned {
  readonly trainNumber: number
  readonly version: number
}

const keyOf = ({ trainNumber, version }: Versioned): string => `${trainNumber}@${version}`

/** What trains consist of, from the berths that follow from their seat configurations. */
export class Compositions extends Context.Service<Compositions, {
  /** The composition under the given version, or a newer one where it has been edited since. */
  get(train: Versioned): Effect.Effect<Composition, StoreUnavailable>
  /** The same for many trains, by their numbers; those that are not remembered are read at once. */
  getAll(trains: ReadonlyArray<Versioned>): Effect.Effect<ReadonlyMap<number, Composition>, StoreUnavailable>
}>()("@berth/engine/timetable/Compositions") {
  static readonly layer = Layer.effect(Compositions, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // Version and berths in one statement, hence of one moment.
  const select = SqlSchema.findAll({
    Request: Schema.fromJsonString(Schema.Array(Schema.Int)),
    Result: Row,
    execute: (numbers) =>
      sql`
        SELECT t.number AS "trainNumber", t.config_version::float8 AS version, coalesce(c.pools, '[]') AS pools
        FROM train t
        LEFT JOIN LATERAL (
          SELECT jsonb_agg(jsonb_build_object(
            'travelClass', travel_class, 'quota', quota, 'bays', bays, 'masks', masks)) AS pools
          FROM (
            SELECT travel_class, quota, jsonb_agg(bay ORDER BY bay) AS bays, jsonb_agg(mask ORDER BY bay) AS masks
            FROM (
              SELECT travel_class, quota, bay, bit_or(bit) AS mask FROM (
                SELECT b.travel_class, b.quota, (b.number & 8191) >> 3 AS bay,
                  CASE WHEN b.active THEN 1 << (b.number & 7) ELSE 0 END AS bit
                FROM berth b WHERE b.train_number = t.number
                UNION ALL
                SELECT q.travel_class, q.quota, 0, 0 FROM berth_quota q WHERE q.train_number = t.number
              ) berths GROUP BY travel_class, quota, bay
            ) bay_masks
            GROUP BY travel_class, quota
          ) pool
        ) c ON true
        WHERE t.number IN (SELECT n::int FROM jsonb_array_elements_text(${numbers}::text::jsonb) n)`
  })
  const remembered = yield* Cache.makeWith<string, Composition, StoreUnavailable>(
    (key) => Effect.die(new Error(`composition ${key} was asked for before it was read`)),
    { capacity: compositionsMax }
  )

  const getAll = Effect.fn("Compositions.getAll")(function*(trains: ReadonlyArray<Versioned>) {
    const found = new Map<number, Composition>()
    const missing = new Map<number, Versioned>()
    for (const train of trains) {
      const known = yield* Cache.getOption(remembered, keyOf(train))
      if (Option.isSome(known)) {
        found.set(train.trainNumber, known.value)
      } else {
        missing.set(train.trainNumber, train)
      }
    }
    const rows = missing.size === 0 ? [] : yield* fromStore(select([...missing.keys()]))
    for (const row of rows) {
      const composition = toComposition(row)
      const asked = missing.get(row.trainNumber)
      found.set(row.trainNumber, composition)
      if (asked !== undefined) {
        yield* Cache.set(remembered, keyOf(asked), composition)
      }
    }
    return found
  })

  const get = Effect.fnUntraced(function*(train: Versioned) {
    const composition = (yield* getAll([train])).get(train.trainNumber)
    return composition ?? (yield* Effect.die(new Error(`train number ${train.trainNumber} is not in the record`)))
  })
  return Compositions.of({ get, getAll })
})
