import { Array as Arr, Effect, Schema } from "effect"
import type { LoadRun, QuotaMasks } from "./Inventory.ts"
import { luaScript } from "./LuaScript.ts"
import type { ManagedRedis } from "./ManagedRedis.ts"
import { cutMask } from "./MaskBytes.ts"
import { bitmapKey, freedKey, holdKey, metaKey, zsetKeys } from "./RunKeys.ts"
import type { RedisArgument } from "./ScriptCommand.ts"

/** Runs sent together, in one write: enough to keep Redis busy, few enough that bookings between them do not notice. */
const runsPerWrite = 32

const script = luaScript("load-n")

const decodeReply = Schema.decodeUnknownEffect(Schema.Literals(["Loaded", "Refused", "Pools"]))

// A train's runs share their masks, and there are thousands of runs to each train in a national timetable.
const known = new WeakMap<QuotaMasks, ReadonlyArray<readonly [quota: string, mask: Buffer]>>()

const cutMasks = (masks: QuotaMasks) => {
  const earlier = known.get(masks)
  if (earlier !== undefined) {
    return earlier
  }
  const made = Array.from(masks, ([quota, mask]) => [quota, cutMask(mask)] as const).filter(([, mask]) =>
    mask.length > 0
  )
  known.set(masks, made)
  return made
}

const waitingArgument = (classes: LoadRun["classes"]): string =>
  classes.every(({ waiting }) => waiting.length === 0) ? "" : JSON.stringify(
    classes.map(({ classOfRun: { layout, legs }, waiting }, index) =>
      [
        index + 1,
        layout.travelClass,
        legs,
        waiting.map(({ holdId, passengers, quota, range }) => [holdId, quota, passengers, range.from, range.to])
      ] as const
    ).filter(([, , , parties]) => parties.length > 0)
  )

const loadArguments = ({ classes, gate }: LoadRun): Array<RedisArgument> => {
  const args: Array<RedisArgument> = [gate.epoch, gate.version, classes.length, waitingArgument(classes)]
  for (const { taken } of classes) {
    args.push(taken.length === 0 ? "" : Buffer.from(taken))
  }
  for (const { classOfRun: { layout: { travelClass } }, masks } of classes) {
    for (const [quota, mask] of cutMasks(masks)) {
      args.push(`m:${travelClass}:${quota}`, mask)
    }
  }
  return args
}

const loadRun = Effect.fnUntraced(function*(redis: ManagedRedis["Service"], load: LoadRun) {
  const { classes, run } = load
  const args = loadArguments(load)
  const keys = [
    metaKey(run),
    holdKey(run),
    freedKey(run),
    ...classes.map(({ classOfRun }) => bitmapKey(run, classOfRun.layout.travelClass))
  ]
  const first = yield* Effect.orDie(decodeReply(yield* redis.run(script, keys, args)))
  if (first !== "Pools") {
    return first === "Loaded"
  }
  const zsets = classes.flatMap(({ classOfRun: { layout, quotas } }) =>
    quotas.flatMap((quota) => zsetKeys(run, layout, quota))
  )
  return (yield* Effect.orDie(decodeReply(yield* redis.run(script, [...keys, ...zsets], args)))) === "Loaded"
})

// Group by group, not the next as soon as one is done: that would be a write to the socket for each run, which was
// measured to be a fifth of the time that the loading of a nation's window takes.
export const load = (redis: ManagedRedis["Service"], runs: ReadonlyArray<LoadRun>) =>
  Effect.map(
    Effect.forEach(
      Arr.chunksOf(runs, runsPerWrite),
      (group) => Effect.forEach(group, (run) => loadRun(redis, run), { concurrency: "unbounded" })
    ),
    Arr.flatten
  )
