import { slotOf, travelClassOf } from "@berth/domain/RunId"
import { RunPreparing, type StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Deferred, Effect, Layer, Metric, Option } from "effect"
import { Inventory, type LoadRun, type RunRef } from "../inventory/Inventory.ts"
import {
  type Rebuild,
  type RebuildingRun,
  RunEpochs,
  type SaleMove,
  type SoldLegs,
  type WaitingHold
} from "../ledger/RunEpochs.ts"
import { RunRows } from "../ledger/RunRows.ts"
import { rebuilds } from "../metrics/SeedingMetrics.ts"
import { PromotionQueue } from "../sale/PromotionQueue.ts"
import { classOfRun, type Composition, Compositions } from "../timetable/Compositions.ts"
import { RunDirectory } from "../timetable/RunDirectory.ts"

/** Runs whose epoch is raised in one transaction and whose berths go to Redis in one pipeline. */
const runsPerChunk = 250

/** Chunks under way: PostgreSQL is at one of them while Redis is at the other, and each is over in half the time. */
const chunksAtOnce = 2

/** How long a caller waits for a run to be loaded before being told to come back. */
const callerPatience = "3 seconds"

/**
 * Puts runs into Redis from the record, under a new epoch: the first time, and whenever what Redis has of them cannot be
 * relied on. Two at once do no harm; the later epoch wins.
 */
export class RunLoader extends Context.Service<RunLoader, {
  /** Loads runs and opens them: all, or those that are not open yet. */
  load(runIds: ReadonlyArray<number>, which: "all" | "unloaded"): Effect.Effect<void, StoreUnavailable>
  /** Closes runs that are on sale, because what has them of Redis was emptied or replaced; `load` opens them again. */
  close(isMeant: (run: RunRef) => boolean): Effect.Effect<void, StoreUnavailable>
  /** Loads one run for a caller who needs it now; callers at the same time share the work. */
  prepare(run: RunRef & { readonly id: number }): Effect.Effect<void, RunPreparing | StoreUnavailable>
  /**
   * Moves sales to other berths in the record and loads the run as it is then; false, and nothing of it, where the sales
   * or the run are not as they were in the epoch given.
   */
  repack(
    run: RunRef & { readonly id: number },
    epoch: number,
    moves: ReadonlyArray<SaleMove>
  ): Effect.Effect<boolean, RunPreparing | StoreUnavailable>
}>()("@berth/engine/seeding/RunLoader") {
  static readonly layer = Layer.effect(RunLoader, Effect.suspend(() => make))
}

const runPreparing = (run: RunRef) =>
  new RunPreparing({
    trainId: run.trainId,
    date: run.date,
    retryAfterSeconds: 1,
    detail: `The berths of train ${run.trainId} on ${run.date} are being loaded. Try again in a second.`
  })

const awaited = (run: RunRef, done: Deferred.Deferred<boolean, StoreUnavailable>) =>
  Deferred.await(done).pipe(
    Effect.timeoutOrElse({ duration: callerPatience, orElse: () => Effect.fail(runPreparing(run)) })
  )

/** Loadings of single runs, each for all who need it at that moment; they answer whether the run was loaded at all. */
const makeShares = Effect.gen(function*() {
  const scope = yield* Effect.scope
  const underWay = new Map<number, Deferred.Deferred<boolean, StoreUnavailable>>()
  const share = Effect.fnUntraced(
    function*({ id }: { readonly id: number }, work: Effect.Effect<boolean, StoreUnavailable>) {
      const done = yield* Deferred.make<boolean, StoreUnavailable>()
      underWay.set(id, done)
      yield* work.pipe(
        Effect.onExit((exit) => {
          underWay.delete(id)
          return Deferred.done(done, exit)
        }),
        Effect.forkIn(scope)
      )
      return done
    }
  )
  return { share, underWay }
})

const make = Effect.gen(function*() {
  const rows = yield* RunRows
  const epochs = yield* RunEpochs
  const compositions = yield* Compositions
  const inventory = yield* Inventory
  const directory = yield* RunDirectory
  const promotions = yield* PromotionQueue
  const { share, underWay } = yield* makeShares

  /**
   * Redis has a later epoch than the record: a later loader was here, or the record is another one, or an older copy.
   * For the latter the epoch goes above what Redis has; the next loading then succeeds.
   */
  const overtake = Effect.fnUntraced(function*(refused: ReadonlyArray<RebuildingRun>) {
    const behind = yield* Effect.forEach(refused, (run) =>
      Effect.map(inventory.snapshot(run, []), (found) => ({
        id: run.id,
        epoch: run.epoch,
        redisEpoch: found?.gate.epoch ?? run.epoch
      })))
    yield* epochs.overtake(behind)
  })

  const publish = Effect.fnUntraced(function*({ runs, sold, waiting }: Rebuild) {
    if (runs.length === 0) {
      return
    }
    const current = yield* compositions.getAll(runs)
    const soldByRun = Map.groupBy(sold, ({ runId }) => runId)
    const waitingByRun = Map.groupBy(waiting, ({ runId }) => runId)
    const loads = runs.map((run) =>
      toLoad(run, current.get(run.trainNumber), soldByRun.get(run.id) ?? [], waitingByRun.get(run.id) ?? [])
    )
    const loaded = yield* inventory.load(loads)
    const opened = loads.filter((_, index) => loaded[index] === true)
    yield* epochs.open(opened.map(({ gate: { epoch, version }, run: { id } }) => ({ id, epoch, version })))
    yield* overtake(runs.filter((_, index) => loaded[index] === false))
    yield* Effect.forEach(runs, directory.forget, { discard: true })
    yield* Metric.update(rebuilds, runs.length)
    // Where somebody waits, what is free is kept back until a promoter has passed.
    yield* Effect.forEach(waitingByRun.keys(), promotions.wake, { discard: true })
  })

  const loadChunk = Effect.fn("RunLoader.load")((runIds: ReadonlyArray<number>, which: "all" | "unloaded") =>
    Effect.flatMap(epochs.beginRebuild(runIds, which), publish)
  )

  const load = (runIds: ReadonlyArray<number>, which: "all" | "unloaded") =>
    Effect.forEach(chunksOf(runIds), (chunk) => loadChunk(chunk, which), { concurrency: chunksAtOnce, discard: true })

  const close = Effect.fn("RunLoader.close")(function*(isMeant: (run: RunRef) => boolean) {
    const meant = (yield* rows.onSaleNamed).filter(isMeant).map(({ id }) => id)
    yield* Effect.forEach(chunksOf(meant), epochs.close, { concurrency: chunksAtOnce, discard: true })
    yield* directory.forgetAll
  })

  const prepare: RunLoader["Service"]["prepare"] = Effect.fn("RunLoader.prepare")(function*(run) {
    const done = underWay.get(run.id) ?? (yield* share(run, Effect.as(loadChunk([run.id], "all"), true)))
    // What was under way may have been moves that came to nothing.
    if (!(yield* awaited(run, done))) {
      yield* prepare(run)
    }
  })

  const repack = Effect.fn("RunLoader.repack")(function*(
    run: RunRef & { readonly id: number },
    epoch: number,
    moves: ReadonlyArray<SaleMove>
  ) {
    // What is loaded at this moment is of a later epoch than the plan.
    if (underWay.has(run.id)) {
      return false
    }
    const moved = Effect.flatMap(
      epochs.beginRepack({ runId: run.id, epoch, moves }),
      Option.match({ onNone: () => Effect.succeed(false), onSome: (rebuild) => Effect.as(publish(rebuild), true) })
    )
    return yield* awaited(run, yield* share(run, moved))
  })

  return RunLoader.of({ load, prepare, repack, close })
})

const chunksOf = (runIds: ReadonlyArray<number>) =>
  Array.from(
    { length: Math.ceil(runIds.length / runsPerChunk) },
    (_, chunk) => runIds.slice(chunk * runsPerChunk, (chunk + 1) * runsPerChunk)
  )

const toLoad = (
  run: RebuildingRun,
  composition: Composition | undefined,
  sold: ReadonlyArray<SoldLegs>,
  waiting: ReadonlyArray<WaitingHold>
): LoadRun & { readonly run: RebuildingRun } => ({
  run,
  gate: { epoch: run.epoch, version: composition?.version ?? 0 },
  classes: [...composition?.classes.values() ?? []].map((composed) => ({
    classOfRun: classOfRun(composed, run.legs),
    masks: composed.masks,
    taken: takenOf(sold.filter(({ berth }) => travelClassOf(berth) === composed.travelClass), run.legs),
    waiting: waiting.filter(({ travelClass }) => travelClass === composed.travelClass).map((hold) => ({
      holdId: hold.holdId,
      quota: hold.quota,
      passengers: hold.passengers,
      range: { from: hold.from, to: hold.to }
    }))
  }))
})

/** Bits taken, `[bay][leg]`, by sales of one class. */
export const takenOf = (sold: ReadonlyArray<Omit<SoldLegs, "runId">>, legs: number): Uint8Array => {
  const bays = sold.reduce((most, { berth }) => Math.max(most, Math.floor(slotOf(berth) / 8) + 1), 0)
  const taken = new Uint8Array(bays * legs)
  for (const { berth, from, to } of sold) {
    const slot = slotOf(berth)
    for (let leg = from; leg < to; leg++) {
      const at = Math.floor(slot / 8) * legs + leg
      taken[at] = (taken[at] ?? 0) | (1 << slot % 8)
    }
  }
  return taken
}
