import { Effect, Schema } from "effect"
import { partyArguments } from "./BayCosts.ts"
import { layoutArguments } from "./ClassDescriptor.ts"
import type { AllocateReply, AllocateRequest } from "./Inventory.ts"
import { luaScript } from "./LuaScript.ts"
import type { ManagedRedis } from "./ManagedRedis.ts"
import { formatGate, GateText, parseGate } from "./RunGate.ts"
import { bitmapKey, holdKey, metaKey, zsetKeys } from "./RunKeys.ts"
import { parseSlots, SlotsText } from "./SlotsText.ts"

/** How long berths stay held before the ledger is asked whether it has them. */
export const holdMillis = 15_000

/** After this long an allocation has no effect any more, so nobody need wait longer for its answer. */
export const allocateMillisMax = 2_000

const script = luaScript("book-n")

const Flag = Schema.Literals(["0", "1"])

const Reply = Schema.Union([
  Schema.Tuple([Schema.Literal("Held"), SlotsText, Flag]),
  Schema.Tuple([Schema.Literal("Waiting"), Flag]),
  Schema.Tuple([Schema.Literal("Full"), Schema.FiniteFromString]),
  Schema.Tuple([Schema.Literals(["Behind", "Scattered", "Conflict", "Ended", "Late"])]),
  Schema.Tuple([Schema.Literal("Gate"), Schema.Union([GateText, Schema.Literal("")])])
])
// Only this project's script can have answered, so a reply that it does not know is a defect.
const decodeReply = Schema.decodeUnknownSync(Reply)

const toReply = (request: AllocateRequest, answered: unknown): AllocateReply => {
  const reply = decodeReply(answered)
  switch (reply[0]) {
    case "Held":
      return { _tag: "Held", slots: parseSlots(reply[1]), gate: request.gate, known: reply[2] === "1" }
    case "Waiting":
      return { _tag: "Waiting", gate: request.gate, known: reply[1] === "1" }
    case "Full":
      return { _tag: "Full", free: reply[1] }
    case "Gate":
      return { _tag: "Gate", gate: reply[1] === "" ? null : parseGate(reply[1]) }
    default:
      return { _tag: reply[0] }
  }
}

/** `nowMillis` is Redis's time. */
export const allocate = (redis: ManagedRedis["Service"], request: AllocateRequest, nowMillis: number) => {
  const { classOfRun: { layout, legs }, party, quota, range, run } = request
  const known = layoutArguments(layout)
  const pool = `${layout.travelClass}:${quota}`
  const { costs, wishes } = partyArguments(layout, party)
  const answered = redis.run(
    script,
    [metaKey(run), holdKey(run), bitmapKey(run, layout.travelClass), ...zsetKeys(run, layout, quota)],
    [
      formatGate(request.gate),
      request.holdId,
      request.fingerprint,
      pool,
      range.from,
      range.to,
      legs,
      nowMillis + allocateMillisMax,
      holdMillis,
      wishes,
      known.lower,
      party.lowerBerthsMin,
      party.sameCoach ? 1 : 0,
      request.waitlistMax,
      known.baysPerCoach,
      known.types,
      known.alike,
      costs,
      `${pool}|${range.from}|${range.to}|${party.wishes.length}|${request.fingerprint}|`,
      known.json,
      request.firstTry ? 1 : 0,
      request.tellsScattered ? 1 : 0
    ]
  )
  return Effect.map(answered, (reply) => toReply(request, reply))
}
