import { RunPreparing } from "@berth/domain/ServiceErrors"
import { Effect, Layer } from "effect"
import { InventoryHealth } from "./inventory/InventoryHealth.ts"
import * as InventoryRedis from "./inventory/InventoryRedis.ts"
import { StoreClock } from "./ledger/StoreClock.ts"
import { AvailabilityReader } from "./sale/AvailabilityReader.ts"
import { RunLoader } from "./seeding/RunLoader.ts"
import { StoresHealth } from "./StoresHealth.ts"
import { Compositions } from "./timetable/Compositions.ts"
import { Routes } from "./timetable/Routes.ts"
import { RunDirectory } from "./timetable/RunDirectory.ts"
import { Stations } from "./timetable/Stations.ts"
import { TrainSearch } from "./timetable/TrainSearch.ts"

const nothingIsLoaded = Effect.die(new Error("a process that only reads loads no runs"))

/** Loading a run writes to both stores. Who only reads waits until one who sells has done it. */
const waitingRunLoader = Layer.succeed(RunLoader, {
  prepare: (run) =>
    Effect.fail(
      new RunPreparing({
        trainId: run.trainId,
        date: run.date,
        retryAfterSeconds: 1,
        detail: `The berths of train ${run.trainId} on ${run.date} are being loaded. Try again in a second.`
      })
    ),
  load: () => nothingIsLoaded,
  repack: () => nothingIsLoaded,
  close: () => nothingIsLoaded
})

/** The timetable and what is free, without anything that sells: in PostgreSQL the right to SELECT is enough. */
export const layer = Layer.merge(AvailabilityReader.layer, StoresHealth.layer).pipe(
  Layer.provideMerge(Layer.merge(TrainSearch.layer, RunDirectory.layer)),
  Layer.provideMerge(Layer.mergeAll(Stations.layer, Routes.layer, Compositions.layer, StoreClock.layer)),
  Layer.provide(Layer.merge(InventoryRedis.layer, waitingRunLoader)),
  Layer.provideMerge(InventoryHealth.layer)
)
