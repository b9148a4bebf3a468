import { TravelClass } from "@berth/domain/TravelClass"
import { Effect, Schema } from "effect"
import type { LiveHold, RunRef } from "./Inventory.ts"
import { luaScript } from "./LuaScript.ts"
import type { ManagedRedis } from "./ManagedRedis.ts"
import { holdKey } from "./RunKeys.ts"
import { parseSlots, SlotsText } from "./SlotsText.ts"

/** Receipts of finished holds answer repeated calls; nobody repeats one after a day. */
export const receiptMillis = 86_400_000

/** Most holds of a run in one answer; the next call finds the others. */
export const overdueMax = 500

const script = luaScript("overdue-1")

const decodeReply = Schema.decodeUnknownEffect(Schema.Array(Schema.Tuple([
  Schema.String,
  Schema.Literals(["held", "waiting"]),
  TravelClass,
  Schema.FiniteFromString,
  Schema.FiniteFromString,
  Schema.Union([SlotsText, Schema.Literal("")])
])))

export const overdue = (redis: ManagedRedis["Service"], run: RunRef, graceMillis: number) =>
  redis.run(script, [holdKey(run)], [graceMillis, receiptMillis, overdueMax]).pipe(
    Effect.flatMap((reply) => Effect.orDie(decodeReply(reply))),
    Effect.map((holds): ReadonlyArray<LiveHold> =>
      holds.map(([holdId, state, travelClass, from, to, slots]) => ({
        holdId,
        state,
        travelClass,
        range: { from, to },
        slots: slots === "" ? [] : parseSlots(slots)
      }))
    )
  )
