import { bayMask } from "@berth/domain/CoachLayout"
import { Effect, Schema } from "effect"
import { holdMillis } from "./AllocateScript.ts"
import { partyArguments } from "./BayCosts.ts"
import { describeClass } from "./ClassDescriptor.ts"
import type { Inventory, PromoteReply } from "./Inventory.ts"
import { luaScript } from "./LuaScript.ts"
import type { ManagedRedis } from "./ManagedRedis.ts"
import { formatGate, GateText, parseGate } from "./RunGate.ts"
import { classKeys, freedKey, holdKey, metaKey } from "./RunKeys.ts"
import { parseSlots, SlotsText } from "./SlotsText.ts"

const script = luaScript("promote-n")

const decodeReply = Schema.decodeUnknownEffect(Schema.Union([
  Schema.TupleWithRest(Schema.Tuple([Schema.Literal("Promoted"), Schema.Literals(["0", "1"])]), [Schema.String]),
  Schema.Tuple([Schema.Literal("Gate"), Schema.Union([GateText, Schema.Literal("")])])
]))
const decodeSlots = Schema.decodeUnknownEffect(SlotsText)

export const promote = Effect.fnUntraced(function*(
  redis: ManagedRedis["Service"],
  { classOfRun, gate, quota, run, waiting }: Parameters<Inventory["Service"]["promote"]>[0]
) {
  const { layout } = classOfRun
  const answer = yield* redis.run(
    script,
    [metaKey(run), holdKey(run), freedKey(run), ...classKeys(run, [classOfRun])],
    [
      formatGate(gate),
      JSON.stringify([describeClass(classOfRun)]),
      quota,
      bayMask(layout, "LB"),
      holdMillis,
      JSON.stringify(waiting.map(({ holdId, party, range }) => [
        holdId,
        range.from,
        range.to,
        party.lowerBerthsMin,
        party.sameCoach ? 1 : 0
      ])),
      ...waiting.flatMap(({ party }) => {
        const { costs, wishes } = partyArguments(layout, party)
        return [wishes, costs]
      })
    ]
  )
  const reply = yield* Effect.orDie(decodeReply(answer))
  if (reply[0] === "Gate") {
    return { _tag: "Gate", gate: reply[1] === "" ? null : parseGate(reply[1]) } as const
  }
  const [, cleared, ...pairs] = reply
  const seated: Array<{ readonly holdId: string; readonly slots: ReadonlyArray<number> }> = []
  for (let n = 0; n < pairs.length; n += 2) {
    seated.push({ holdId: pairs[n] ?? "", slots: parseSlots(yield* Effect.orDie(decodeSlots(pairs[n + 1]))) })
  }
  const promoted: PromoteReply = { _tag: "Promoted", seated, cleared: cleared === "1", gate }
  return promoted
})
