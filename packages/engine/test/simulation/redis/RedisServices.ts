import { Context, Effect } from "effect"
import { Inventory } from "../../../src/inventory/Inventory.ts"
import { RunDumps } from "../../../src/inventory/RunDump.ts"
import { date, quotas, trainId } from "../Network.ts"
import type { Process } from "../Process.ts"
import type { Stores } from "../Stores.ts"
import { allocate } from "./AllocateModel.ts"
import { applyConfig, judge, release, setWaiting } from "./FenceModels.ts"
import { allocateMillisMax, holdMillis } from "./HoldTimes.ts"
import { load } from "./LoadModel.ts"
import { promote } from "./PromoteModel.ts"
import { dump, overdue, snapshot } from "./RedisReads.ts"

const inventoryOf = ({ ledger, redis, world }: Stores, process: Process): Inventory["Service"] => {
  const ask = <A>(name: string, work: () => A) => world.call(process, "redis", name, work)
  return {
    allocate: (request) => {
      const latestMillis = world.time.millis + allocateMillisMax
      return ask(`allocate ${request.holdId}`, () => allocate(redis, request, latestMillis))
    },
    release: (options) =>
      ask(
        `release ${options.freeings.map(({ saleId }) => saleId).join()} of epoch ${options.epoch}`,
        () =>
          release(redis, options, ({ saleId }) => {
            const sale = ledger.sales[saleId - 1]
            return sale === undefined ? "nobody" : ledger.keyOf(sale.pnr)
          })
      ),
    judge: ({ graceMillis, ...options }) =>
      ask(`judge ${JSON.stringify(options.verdicts)}`, () =>
        judge(redis, {
          ...options,
          ...graceMillis === undefined || !world.guarded("no hold is swept before its time") ? {} : { graceMillis }
        })),
    setWaiting: (options) =>
      ask(`setWaiting ${options.holdId} ${options.passengers}`, () => setWaiting(redis, options)),
    promote: (options) =>
      ask(`promote ${options.waiting.map(({ holdId }) => holdId).join()}`, () => promote(redis, options)),
    applyConfig: (options) => ask(`applyConfig ${options.gate.version}`, () => applyConfig(redis, options)),
    load: (runs) =>
      Effect.forEach(
        runs,
        (run) => ask(`load epoch ${run.gate.epoch}`, () => load(redis, run, (slot, leg) => ledger.ownerOf(slot, leg)))
      ),
    unload: () => Effect.die(new Error("runs do not arrive in a simulation")),
    snapshot: () => ask("snapshot", () => snapshot(redis)),
    recentSnapshot: () => ask("snapshot", () => snapshot(redis)),
    peekSnapshot: () => undefined,
    changesTold: () => undefined,
    runsHeld: ask("runsHeld", () => redis.state === null ? [] : [{ trainId, date }]),
    overdue: (_, graceMillis) =>
      ask(
        "overdue",
        () => overdue(redis, world.guarded("no hold is swept before its time") ? graceMillis : -holdMillis)
      )
  }
}

/** What the code of a process asks Redis for. */
export const redisServices = (stores: Stores, process: Process) => {
  const { redis, world } = stores
  return Context.make(Inventory, inventoryOf(stores, process)).pipe(
    Context.add(RunDumps, { dump: () => world.call(process, "redis", "dump", () => dump(redis, quotas)) })
  )
}
