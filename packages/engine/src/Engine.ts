import { Layer } from "effect"
import { InventoryHealth } from "./inventory/InventoryHealth.ts"
import * as InventoryRedis from "./inventory/InventoryRedis.ts"
import { BookingCommits } from "./ledger/BookingCommits.ts"
import { Bookings } from "./ledger/Bookings.ts"
import { Cancellations } from "./ledger/Cancellations.ts"
import { HoldFacts } from "./ledger/HoldFacts.ts"
import { PnrSequence } from "./ledger/PnrSequence.ts"
import { RunEpochs } from "./ledger/RunEpochs.ts"
import { RunRows } from "./ledger/RunRows.ts"
import { StoreClock } from "./ledger/StoreClock.ts"
import { Waitlist } from "./ledger/Waitlist.ts"
import { WatchedBookings } from "./ledger/WatchedBookings.ts"
import * as PostgresMetrics from "./metrics/PostgresMetrics.ts"
import { AvailabilityReader } from "./sale/AvailabilityReader.ts"
import { Book } from "./sale/Book.ts"
import { Cancel } from "./sale/Cancel.ts"
import { Promoter } from "./sale/Promoter.ts"
import { PromotionQueue } from "./sale/PromotionQueue.ts"
import { Sweeper } from "./sale/Sweeper.ts"
import { ConfigApplier } from "./seeding/ConfigApplier.ts"
import { RunCloser } from "./seeding/RunCloser.ts"
import { RunLoader } from "./seeding/RunLoader.ts"
import { StoresHealth } from "./StoresHealth.ts"
import { Compositions } from "./timetable/Compositions.ts"
import { Routes } from "./timetable/Routes.ts"
import { RunDirectory } from "./timetable/RunDirectory.ts"
import { SeatConfigs } from "./timetable/SeatConfigs.ts"
import { Stations } from "./timetable/Stations.ts"
import { TrainSearch } from "./timetable/TrainSearch.ts"

const ledger = Layer.mergeAll(
  BookingCommits.layer,
  Bookings.layer,
  Cancellations.layer,
  HoldFacts.layer,
  PostgresMetrics.layer,
  PnrSequence.layer,
  RunEpochs.layer,
  RunRows.layer,
  StoreClock.layer,
  Waitlist.layer,
  WatchedBookings.layer
)

const timetable = Layer.mergeAll(TrainSearch.layer, RunDirectory.layer).pipe(
  Layer.provideMerge(Layer.mergeAll(Stations.layer, Routes.layer, Compositions.layer, SeatConfigs.layer)),
  Layer.provideMerge(ledger)
)

const seeding = Layer.merge(ConfigApplier.layer, RunCloser.layer).pipe(
  Layer.provideMerge(RunLoader.layer),
  Layer.provideMerge(Layer.mergeAll(InventoryRedis.layer, InventoryHealth.layer, PromotionQueue.layer)),
  Layer.provideMerge(timetable)
)

/** The ticket engine, over a PostgreSQL whose migrations have run and a Redis. */
export const layer = Layer.mergeAll(
  AvailabilityReader.layer,
  Book.layer,
  Cancel.layer,
  Promoter.layer,
  StoresHealth.layer,
  Sweeper.layer
).pipe(Layer.provideMerge(seeding))
