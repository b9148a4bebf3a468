import type { LedgerModel } from "./ledger/LedgerModel.ts"
import type { RedisModel } from "./redis/RedisModel.ts"
import type { World } from "./World.ts"

export interface Stores {
  readonly world: World
  readonly redis: RedisModel
  readonly ledger: LedgerModel
}
