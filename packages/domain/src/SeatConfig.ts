import { Schema } from "effect"
import { BerthType } from "./BerthType.ts"
import { Problem } from "./Problem.ts"
import { Quota, QuotaInput } from "./Quota.ts"
import { TrainId } from "./TrainId.ts"
import { TravelClass } from "./TravelClass.ts"

const SeatCount = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 }))

/** How many berths of a type a quota has in a class. */
export const SeatPool = Schema.Struct({
  travelClass: TravelClass,
  quota: Quota,
  berth: BerthType,
  seatCount: SeatCount
}).annotate({ identifier: "SeatPool" })
export type SeatPool = typeof SeatPool.Type

export const SeatConfig = Schema.Struct({
  trainId: TrainId,
  /** Also the ETag; send it as `If-Match` when replacing. */
  version: Schema.Int,
  pools: Schema.Array(SeatPool)
}).annotate({ identifier: "SeatConfig" })
export type SeatConfig = typeof SeatConfig.Type

/** Most pools of one train: every class, quota and berth type that there is. */
const poolsMax = 8 * 17 * 8

export const SeatConfigInput = Schema.Struct({
  pools: Schema.Array(Schema.Struct({
    travelClass: TravelClass,
    quota: QuotaInput,
    berth: BerthType,
    seatCount: SeatCount
  })).check(Schema.isMaxLength(poolsMax))
}).annotate({ identifier: "SeatConfigInput" })
export type SeatConfigInput = typeof SeatConfigInput.Type

/** The configuration was changed since it was read. */
export class VersionConflict extends Problem<VersionConflict>()("VersionConflict", 412, "Changed in the meantime", {
  trainId: TrainId,
  version: Schema.Int
}) {}

export class VersionNeeded extends Problem<VersionNeeded>()("VersionNeeded", 428, "If-Match needed", {
  trainId: TrainId
}) {}

/** Pools that no coach of the class can have, named twice, or more than the coaches of a train hold. */
export class SeatConfigImpossible
  extends Problem<SeatConfigImpossible>()("SeatConfigImpossible", 422, "No coach is like that", { trainId: TrainId })
{}
