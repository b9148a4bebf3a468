import { JourneyDate } from "@berth/domain/JourneyDate"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { TrainId } from "@berth/domain/TrainId"
import { allocate } from "@berth/engine/inventory/AllocateScript"
import type { AllocateRequest, ClassOfRun, Inventory, LoadRun, RunRef } from "@berth/engine/inventory/Inventory"
import * as InventoryRedis from "@berth/engine/inventory/InventoryRedis"
import { ManagedRedis } from "@berth/engine/inventory/ManagedRedis"
import { ScriptCommand } from "@berth/engine/inventory/ScriptCommand"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import type { Job } from "./driver/Job.ts"
import { legs } from "./Network.ts"
import { respCommand } from "./RespCommand.ts"

/** The inventory by itself, without a server and without PostgreSQL. */
export const openInventory = (uri: string) => {
  const runtime = ManagedRuntime.make(
    InventoryRedis.layer.pipe(Layer.provideMerge(ManagedRedis.layer(Redacted.make(uri))))
  )
  const run = <A, E>(effect: Effect.Effect<A, E, Inventory | ManagedRedis>) => runtime.runPromise(effect)
  return {
    run,
    empty: () => run(Effect.flatMap(ManagedRedis, (redis) => redis.send("FLUSHALL"))),
    close: () => runtime.dispose()
  }
}

export const gate = { epoch: 1, version: 1 }

export const inventoryRun = (n: number): RunRef => ({
  trainId: TrainId.make(`R${n}`),
  date: JourneyDate.make("2026-12-05")
})

const sleeper: ClassOfRun = { layout: coachLayouts.SL, legs, quotas: ["GN"] }

/** A run of so many sleeper berths for everybody, a multiple of eight: the class has no short bay. */
export const loadOf = (run: RunRef, berths: number, taken: Uint8Array = new Uint8Array()): LoadRun => ({
  run,
  gate,
  classes: [{
    classOfRun: sleeper,
    masks: new Map([["GN" as const, new Uint8Array(berths / 8).fill(255)]]),
    taken,
    waiting: []
  }]
})

export const partyOf = (passengers: number): AllocateRequest["party"] => ({
  wishes: Array.from({ length: passengers }, () => "any" as const),
  sameCoach: false,
  lowerBerthsMin: 0
})

export const allocation = (
  run: RunRef,
  holdId: string,
  journey: { readonly from: number; readonly to: number },
  passengers: number
): AllocateRequest => ({
  run,
  gate,
  classOfRun: sleeper,
  quota: "GN",
  range: journey,
  holdId,
  fingerprint: "bench",
  party: partyOf(passengers),
  waitlistMax: 0,
  firstTry: true,
  tellsScattered: false,
  settled: []
})

/** Whoever calls is still there, however long ago the call was written. */
const latestMillis = Date.parse("2100-01-01")

/** The calls of the script as the engine writes them for the wire, for another process to send. */
export const encodedAllocations = (requests: ReadonlyArray<AllocateRequest>) =>
  Effect.gen(function*() {
    const commands: Array<Uint8Array> = []
    const recorder = {
      ...(yield* ManagedRedis),
      run: (script, keys, args) =>
        Effect.sync(() => {
          commands.push(new ScriptCommand({ script, keys, args, encoding: "utf8" }).toWritable())
          // Any reply will do: nobody looks at it.
          return [["Ended"]]
        })
    } satisfies ManagedRedis["Service"]
    for (const request of requests) yield* allocate(recorder, [{ request, nowMillis: latestMillis }])
    return commands
  })

/** A job for the driver: commands for Redis, as many and as fast as it takes them. */
export const redisJob = (
  uri: string,
  job: Pick<Job, "requests" | "connections" | "callsPerConnection" | "calls">
): Job => {
  const { hostname, password, port } = new URL(uri)
  return {
    protocol: "resp",
    host: hostname,
    port: Number(port),
    opening: respCommand(["AUTH", password]),
    millis: 30_000,
    ratePerSecond: null,
    ...job
  }
}
