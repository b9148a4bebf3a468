import { JourneyDate } from "@berth/domain/JourneyDate"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TrainId } from "@berth/domain/TrainId"
import { Effect, Schema } from "effect"
import type { RunRef } from "./Inventory.ts"
import type { ManagedRedis, RedisNode } from "./ManagedRedis.ts"
import { holdKeyPattern } from "./RunKeys.ts"

/** Keys that Redis looks at in one step of a scan; a step takes it well under a millisecond. */
const keysPerStep = 1000

const decodePage = Schema.decodeUnknownEffect(Schema.Tuple([Schema.String, Schema.Array(Schema.String)]))
const decodeRef = Schema.decodeUnknownEffect(Schema.Struct({ trainId: TrainId, date: JourneyDate }))

const runsOfNode = Effect.fnUntraced(function*(node: RedisNode) {
  const runs = new Map<string, RunRef>()
  let cursor = "0"
  do {
    const reply = yield* node.send("SCAN", cursor, "MATCH", holdKeyPattern, "COUNT", keysPerStep)
    const [next, keys] = yield* Effect.orDie(decodePage(reply))
    for (const key of keys) {
      const name = key.slice(key.indexOf("{") + 1, key.indexOf("}"))
      const colon = name.lastIndexOf(":")
      runs.set(key, yield* Effect.orDie(decodeRef({ trainId: name.slice(0, colon), date: name.slice(colon + 1) })))
    }
    cursor = next
  } while (cursor !== "0")
  return [...runs.values()]
})

/** Finds runs by their key of holds, in steps, so that nobody waits for it. */
export const runsHeld = (
  redis: ManagedRedis["Service"]
): Effect.Effect<ReadonlyArray<RunRef>, StoreUnavailable> =>
  Effect.suspend(() => Effect.map(Effect.forEach(redis.nodes(), runsOfNode), (found) => found.flat()))
