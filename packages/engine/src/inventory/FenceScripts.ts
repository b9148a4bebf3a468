import { Effect, Schema } from "effect"
import { describeClass } from "./ClassDescriptor.ts"
import type { Inventory } from "./Inventory.ts"
import { luaScript } from "./LuaScript.ts"
import type { ManagedRedis } from "./ManagedRedis.ts"
import { maskArguments } from "./MaskBytes.ts"
import { classKeys, freedKey, holdKey, metaKey } from "./RunKeys.ts"

type Options<Method extends "release" | "judge" | "setWaiting" | "applyConfig"> = Parameters<
  Inventory["Service"][Method]
>[0]

const releaseScript = luaScript("release-n")
const judgeScript = luaScript("judge-n")
const setWaitingScript = luaScript("set-waiting-2")
const applyConfigScript = luaScript("apply-config-n")

const decodeReply = Schema.decodeUnknownEffect(Schema.Literals(["Applied", "Stale", "Early"]))
const toReply = (reply: unknown) => Effect.orDie(decodeReply(reply))
const decodeConfigReply = Schema.decodeUnknownEffect(Schema.Literals(["Applied", "Awaited", "Stale", "Early"]))

export const release = (redis: ManagedRedis["Service"], { classes, epoch, freeings, run }: Options<"release">) =>
  redis.run(
    releaseScript,
    [metaKey(run), holdKey(run), freedKey(run), ...classKeys(run, classes)],
    [
      epoch,
      JSON.stringify(classes.map(describeClass)),
      JSON.stringify(freeings.map(({ range, saleId, slot, travelClass }) => [
        String(saleId),
        travelClass,
        slot,
        range.from,
        range.to
      ]))
    ]
  ).pipe(Effect.flatMap(toReply))

export const judge = (
  redis: ManagedRedis["Service"],
  { classes, epoch, graceMillis, run, verdicts }: Options<"judge">
) =>
  redis.run(
    judgeScript,
    [metaKey(run), holdKey(run), freedKey(run), ...classKeys(run, classes)],
    [
      epoch,
      JSON.stringify(classes.map(describeClass)),
      graceMillis ?? "",
      ...verdicts.flatMap((verdict) => [
        verdict._tag.toLowerCase(),
        verdict.holdId,
        verdict._tag === "Park" ? verdict.passengers : 0
      ])
    ]
  ).pipe(Effect.flatMap(toReply))

export const setWaiting = (redis: ManagedRedis["Service"], options: Options<"setWaiting">) =>
  redis.run(
    setWaitingScript,
    [metaKey(options.run), holdKey(options.run)],
    [options.epoch, options.travelClass, options.holdId, options.passengers]
  ).pipe(Effect.flatMap(toReply))

export const applyConfig = (redis: ManagedRedis["Service"], { classes, gate, run }: Options<"applyConfig">) => {
  const classesOfRun = classes.map(({ classOfRun }) => classOfRun)
  return redis.run(
    applyConfigScript,
    [metaKey(run), holdKey(run), freedKey(run), ...classKeys(run, classesOfRun)],
    [
      gate.epoch,
      gate.version,
      JSON.stringify(classesOfRun.map(describeClass)),
      ...classes.flatMap(({ classOfRun, masks }) => maskArguments(classOfRun, masks))
    ]
  ).pipe(Effect.flatMap((reply) => Effect.orDie(decodeConfigReply(reply))))
}
