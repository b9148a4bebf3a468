import { type Array as Arr, Effect, Schema } from "effect"
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
const decodeReplies = Schema.decodeUnknownSync(Schema.Array(Reply))

const toReply = (request: AllocateRequest, reply: typeof Reply.Type): AllocateReply => {
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

/** A party that asks for berths. */
export interface Asked {
  readonly request: AllocateRequest
  /** Redis's time. */
  readonly nowMillis: number
}

/** Whether one call of the script can seat both. */
export const isAlike = ({ request: one }: Asked, { request: other }: Asked): boolean =>
  one.run.trainId === other.run.trainId && one.run.date === other.run.date && one.quota === other.quota &&
  one.classOfRun.layout === other.classOfRun.layout && one.classOfRun.legs === other.classOfRun.legs &&
  one.gate.epoch === other.gate.epoch && one.gate.version === other.gate.version

/** What the script is told of each party; of costs that are those of the party before, nothing. */
const argumentsOf = (pool: string, parties: ReadonlyArray<Asked>) => {
  let before: Buffer | undefined
  return parties.flatMap((asked) => {
    const { costs, wishes } = partyArguments(asked.request.classOfRun.layout, asked.request.party)
    const same = costs === before
    before = costs
    return partyOf(pool, asked, wishes, same ? "" : costs)
  })
}

const partyOf = (pool: string, { nowMillis, request }: Asked, wishes: Buffer, costs: Buffer | "") => {
  const { fingerprint, holdId, party, range } = request
  return [
    holdId,
    fingerprint,
    range.from,
    range.to,
    nowMillis + allocateMillisMax,
    wishes,
    party.lowerBerthsMin,
    party.sameCoach ? 1 : 0,
    request.waitlistMax,
    costs,
    `${pool}|${range.from}|${range.to}|${party.wishes.length}|${fingerprint}|`,
    request.firstTry ? 1 : 0,
    request.tellsScattered ? 1 : 0
  ]
}

/** Seats parties that are alike, one after the other; a reply for each. */
export const allocate = (redis: ManagedRedis["Service"], parties: Arr.NonEmptyReadonlyArray<Asked>) => {
  const [{ request: { classOfRun: { layout, legs }, gate, quota, run } }] = parties
  const known = layoutArguments(layout)
  const pool = `${layout.travelClass}:${quota}`
  const settled = parties.flatMap(({ request }) => request.settled)
  const answered = redis.run(
    script,
    [metaKey(run), holdKey(run), bitmapKey(run, layout.travelClass), ...zsetKeys(run, layout, quota)],
    [
      formatGate(gate),
      pool,
      legs,
      holdMillis,
      known.lower,
      known.baysPerCoach,
      known.types,
      known.alike,
      known.json,
      settled.length,
      ...settled,
      ...argumentsOf(pool, parties)
    ]
  )
  return Effect.map(answered, (replies) =>
    decodeReplies(replies).flatMap((reply, n) => {
      const asked = parties[n]
      return asked === undefined ? [] : [toReply(asked.request, reply)]
    }))
}
