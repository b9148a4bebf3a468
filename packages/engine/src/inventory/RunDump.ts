import { Quota } from "@berth/domain/Quota"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { TravelClass } from "@berth/domain/TravelClass"
import { Context, Effect, Layer, Schema } from "effect"
import type { ClassOfRun, LiveHold, RunRef } from "./Inventory.ts"
import { luaScript } from "./LuaScript.ts"
import { ManagedRedis } from "./ManagedRedis.ts"
import { GateText, parseGate, type RunGate } from "./RunGate.ts"
import { bitmapKey, classKeys, freedKey, holdKey, metaKey, typesOf } from "./RunKeys.ts"
import { parseSlots, SlotsText } from "./SlotsText.ts"

/** A hold as Redis has it, see `includes/hold.lua`. */
export interface DumpedHold extends Omit<LiveHold, "state"> {
  readonly state: "held" | "settled" | "waiting" | "parked" | "ended"
  readonly quota: Quota
  readonly passengers: number
}

/** One pool of a class as Redis has it. */
export interface DumpedPool {
  readonly mask: Uint8Array
  readonly waitingParties: number
  readonly waitingPassengers: number
  /** Names and slots of the ZSETs' members, by slot; undefined where the pool's ZSETs were not made. */
  readonly untouched: ReadonlyArray<{ readonly name: string; readonly slot: number }> | undefined
}

/** Everything that Redis has of a run. */
export interface RunDump {
  readonly gate: RunGate
  /** Those that hold something or wait; receipts are left out. */
  readonly holds: ReadonlyArray<DumpedHold>
  readonly classes: ReadonlyMap<TravelClass, {
    /** `[bay][leg]`, as in a snapshot. */
    readonly taken: Uint8Array
    readonly freed: Uint8Array
    readonly pools: ReadonlyMap<Quota, DumpedPool>
  }>
}

const script = luaScript("dump-n")

const Bytes = Schema.Uint8Array
const decodeReply = Schema.decodeUnknownEffect(
  Schema.Tuple([
    Schema.Array(Bytes),
    Schema.Array(Bytes),
    Schema.Array(Bytes),
    Schema.Array(Schema.Union([Bytes, Schema.Array(Bytes)]))
  ])
)
const decodeGate = Schema.decodeUnknownEffect(GateText)

const isReceipt = Schema.is(Schema.Literals(["settled", "ended"]))
const Live = Schema.Struct({
  state: Schema.Literals(["held", "waiting", "parked"]),
  travelClass: TravelClass,
  quota: Quota,
  from: Schema.FiniteFromString,
  to: Schema.FiniteFromString,
  passengers: Schema.FiniteFromString,
  slots: Schema.Union([SlotsText, Schema.Literal("")])
})
const decodeHold = Schema.decodeUnknownEffect(Live)

const noBytes = new Uint8Array()
const text = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()

const toFields = (reply: ReadonlyArray<Uint8Array>): ReadonlyMap<string, Uint8Array> =>
  new Map(
    Array.from({ length: reply.length / 2 }, (_, n) => [text(reply[2 * n] ?? noBytes), reply[2 * n + 1] ?? noBytes])
  )

const toHolds = Effect.fnUntraced(function*(fields: ReadonlyMap<string, Uint8Array>) {
  const holds: Array<DumpedHold> = []
  for (const [holdId, record] of fields) {
    // `r:` marks the receipt of a cancelled sale.
    if (!holdId.startsWith("r:")) {
      const [state = "", , pool = "", from, to, passengers, , slots] = text(record).split("|")
      // Most are of bookings that are in the record: nothing is to be read of those.
      if (isReceipt(state)) continue
      const [travelClass, quota] = pool.split(":")
      const hold = yield* decodeHold({ state, travelClass, quota, from, to, passengers, slots })
      const { from: first, slots: taken, to: last, ...rest } = hold
      holds.push({ holdId, ...rest, range: { from: first, to: last }, slots: taken === "" ? [] : parseSlots(taken) })
    }
  }
  return holds
})

const toUntouched = (
  zsets: ReadonlyArray<Uint8Array | ReadonlyArray<Uint8Array>>
): NonNullable<DumpedPool["untouched"]> =>
  zsets.flatMap((zset) => zset instanceof Uint8Array ? [] : [...toFields(zset)])
    .map(([name, score]) => ({ name, slot: Number(text(score)) }))
    .toSorted((left, right) => left.slot - right.slot)

const toDump = Effect.fnUntraced(function*(
  classes: ReadonlyArray<ClassOfRun>,
  depth: DumpDepth,
  [metaReply, holdReply, freedReply, keys]: Effect.Success<ReturnType<typeof decodeReply>>
) {
  const meta = toFields(metaReply)
  const gate = meta.get("gate")
  if (gate === undefined) {
    return null
  }
  const freed = toFields(freedReply)
  const count = (field: string) => Number(text(meta.get(field) ?? noBytes))
  let at = 0
  const dumped = classes.map(({ layout, quotas }) => {
    const taken = keys[at++]
    const pools = quotas.map((quota) => {
      const zsets = depth === "whole" ? keys.slice(at, at += typesOf(layout).length) : []
      const name = `${layout.travelClass}:${quota}`
      return [quota, {
        mask: meta.get(`m:${name}`) ?? noBytes,
        waitingParties: count(`w:${name}`),
        waitingPassengers: count(`p:${name}`),
        untouched: depth === "whole" && meta.has(`z:${name}`) ? toUntouched(zsets) : undefined
      }] as const
    })
    return [layout.travelClass, {
      taken: taken instanceof Uint8Array ? taken : noBytes,
      freed: freed.get(layout.travelClass) ?? noBytes,
      pools: new Map(pools)
    }] as const
  })
  const dump: RunDump = {
    gate: parseGate(yield* decodeGate(text(gate))),
    holds: yield* toHolds(toFields(holdReply)),
    classes: new Map(dumped)
  }
  return dump
})

/** Without the ZSETs a run has a handful of keys instead of a hundred; they follow from its masks and bits. */
export type DumpDepth = "whole" | "without ZSETs"

/** Reads runs whole, to compare them with the record; nothing that sells needs it. */
export class RunDumps extends Context.Service<RunDumps, {
  /** A run as it stands, or null where it is not in Redis. */
  dump(
    run: RunRef,
    classes: ReadonlyArray<ClassOfRun>,
    depth: DumpDepth
  ): Effect.Effect<RunDump | null, StoreUnavailable>
}>()("@berth/engine/inventory/RunDump") {
  static readonly layer: Layer.Layer<RunDumps, never, ManagedRedis> = Layer.effect(
    RunDumps,
    Effect.map(ManagedRedis, (redis) =>
      RunDumps.of({
        dump: Effect.fn("RunDumps.dump")(function*(run, classes, depth) {
          const keys = depth === "whole"
            ? classKeys(run, classes)
            : classes.map(({ layout }) => bitmapKey(run, layout.travelClass))
          const reply = yield* redis.runBinary(
            script,
            [metaKey(run), holdKey(run), freedKey(run), ...keys],
            []
          )
          return yield* Effect.orDie(Effect.flatMap(decodeReply(reply), (decoded) => toDump(classes, depth, decoded)))
        })
      }))
  )
}
