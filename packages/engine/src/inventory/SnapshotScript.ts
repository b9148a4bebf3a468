import { Quota } from "@berth/domain/Quota"
import type { TravelClass } from "@berth/domain/TravelClass"
import { Effect, Schema } from "effect"
import type { ClassSnapshot, RunRef, RunSnapshot } from "./Inventory.ts"
import { type LuaScript, luaScript } from "./LuaScript.ts"
import { GateText, parseGate } from "./RunGate.ts"
import { bitmapKey, freedKey, metaKey } from "./RunKeys.ts"
import type { RedisArgument } from "./ScriptCommand.ts"

const script = luaScript("snapshot-n")

const Reply = Schema.Tuple([Schema.Array(Schema.Uint8Array), Schema.Array(Schema.Uint8Array)])

/** A run's strings as Redis has them: META's fields and values in turn, then for each class what is taken and freed. */
export type RunStrings = typeof Reply.Type

const decodeReply = Schema.decodeUnknownEffect(Reply)
const decodeGate = Schema.decodeUnknownSync(GateText)
const isQuota = Schema.is(Quota)

const noBytes = new Uint8Array()

const text = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()

const toClass = (
  fields: ReadonlyMap<string, Uint8Array>,
  travelClass: TravelClass,
  taken: Uint8Array,
  freed: Uint8Array
): ClassSnapshot => {
  const masks = new Map<Quota, Uint8Array>()
  let waitingParties = 0
  let waitingPassengers = 0
  for (const [field, value] of fields) {
    const [kind, ofClass, quota] = field.split(":")
    if (ofClass === travelClass && isQuota(quota)) {
      if (kind === "m") masks.set(quota, value)
      if (kind === "w") waitingParties += Number(text(value))
      if (kind === "p") waitingPassengers += Number(text(value))
    }
  }
  return { masks, taken, freed, waitingParties, waitingPassengers }
}

/** Reads a run over any connection that can run a script. */
export const readStrings = <E>(
  runBinary: (
    script: LuaScript,
    keys: ReadonlyArray<string>,
    args: ReadonlyArray<RedisArgument>
  ) => Effect.Effect<unknown, E>,
  run: RunRef,
  travelClasses: ReadonlyArray<TravelClass>
) =>
  Effect.flatMap(
    runBinary(
      script,
      [metaKey(run), freedKey(run), ...travelClasses.map((travelClass) => bitmapKey(run, travelClass))],
      travelClasses
    ),
    (reply) => Effect.orDie(decodeReply(reply))
  )

/** What the strings of a run say of it; null where it is not in Redis. */
export const toSnapshot = (
  [meta, bytes]: RunStrings,
  travelClasses: ReadonlyArray<TravelClass>
): RunSnapshot | null => {
  const fields = new Map<string, Uint8Array>()
  for (let n = 0; n < meta.length; n += 2) {
    fields.set(text(meta[n] ?? noBytes), meta[n + 1] ?? noBytes)
  }
  const gate = fields.get("gate")
  // Only this project's scripts can have written a gate, so that one which does not decode is a defect.
  return gate === undefined ? null : {
    gate: parseGate(decodeGate(text(gate))),
    classes: new Map(travelClasses.map((travelClass, n) => [
      travelClass,
      toClass(fields, travelClass, bytes[2 * n] ?? noBytes, bytes[2 * n + 1] ?? noBytes)
    ]))
  }
}
