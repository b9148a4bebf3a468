import { Effect, Schema } from "effect"
import { describeClass } from "./ClassDescriptor.ts"
import type { LoadRun } from "./Inventory.ts"
import { luaScript } from "./LuaScript.ts"
import type { ManagedRedis, RedisArgument } from "./ManagedRedis.ts"
import { maskArguments } from "./MaskBytes.ts"
import { classKeys, freedKey, holdKey, metaKey } from "./RunKeys.ts"

/** Runs under way at once: enough to keep Redis busy, few enough that bookings between them do not notice. */
const loadsInFlightMax = 32

const script = luaScript("load-n")

const decodeReply = Schema.decodeUnknownEffect(Schema.Literals(["Loaded", "Refused"]))

const loadRun = (redis: ManagedRedis["Service"], { classes, gate, run }: LoadRun) =>
  redis.run(
    script,
    [metaKey(run), holdKey(run), freedKey(run), ...classKeys(run, classes.map(({ classOfRun }) => classOfRun))],
    [
      gate.epoch,
      gate.version,
      JSON.stringify(classes.map(({ classOfRun, waiting }) => ({
        ...describeClass(classOfRun),
        waiting: waiting.map((
          { holdId, passengers, quota, range }
        ) => [holdId, quota, passengers, range.from, range.to])
      }))),
      ...classes.flatMap(({ classOfRun, masks, taken }): Array<RedisArgument> => [
        Buffer.from(taken),
        ...maskArguments(classOfRun, masks)
      ])
    ]
  ).pipe(
    Effect.flatMap((reply) => Effect.orDie(decodeReply(reply))),
    Effect.map((reply) => reply === "Loaded")
  )

export const load = (redis: ManagedRedis["Service"], runs: ReadonlyArray<LoadRun>) =>
  Effect.forEach(runs, (run) => loadRun(redis, run), { concurrency: loadsInFlightMax })
