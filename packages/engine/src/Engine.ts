import { Layer } from "effect"
import { PersonalRecords } from "./accounts/PersonalRecords.ts"
import { EventFeed } from "./events/EventFeed.ts"
import { EventLog } from "./events/EventLog.ts"
import { EventPublisher } from "./events/EventPublisher.ts"
import { EventStream } from "./events/EventStream.ts"
import { WebhookAddresses } from "./events/WebhookAddresses.ts"
import { WebhookCalls } from "./events/WebhookCalls.ts"
import { WebhookDeliveries } from "./events/WebhookDeliveries.ts"
import { Webhooks } from "./events/Webhooks.ts"
import { WebhookSender } from "./events/WebhookSender.ts"
import { InventoryHealth } from "./inventory/InventoryHealth.ts"
import * as InventoryRedis from "./inventory/InventoryRedis.ts"
import { AuditTrail } from "./ledger/AuditTrail.ts"
import { BookingCommits } from "./ledger/BookingCommits.ts"
import { Bookings } from "./ledger/Bookings.ts"
import { BookingSearches } from "./ledger/BookingSearches.ts"
import { Cancellations } from "./ledger/Cancellations.ts"
import { HeldBookings } from "./ledger/HeldBookings.ts"
import { HoldFacts } from "./ledger/HoldFacts.ts"
import { PaymentRecords } from "./ledger/PaymentRecords.ts"
import { PlacedSales } from "./ledger/PlacedSales.ts"
import { PnrSequence } from "./ledger/PnrSequence.ts"
import { RunEpochs } from "./ledger/RunEpochs.ts"
import { RunRows } from "./ledger/RunRows.ts"
import { StoreClock } from "./ledger/StoreClock.ts"
import { Waitlist } from "./ledger/Waitlist.ts"
import { WatchedBookings } from "./ledger/WatchedBookings.ts"
import * as PostgresMetrics from "./metrics/PostgresMetrics.ts"
import { Fares } from "./payment/Fares.ts"
import { GatewayJobs } from "./payment/GatewayJobs.ts"
import { LateSeating } from "./payment/LateSeating.ts"
import { Pay } from "./payment/Pay.ts"
import { SandboxPayments } from "./payment/SandboxPayments.ts"
import { Settlement } from "./payment/Settlement.ts"
import { AvailabilityReader } from "./sale/AvailabilityReader.ts"
import { Book } from "./sale/Book.ts"
import { Cancel } from "./sale/Cancel.ts"
import { HoldExpiry } from "./sale/HoldExpiry.ts"
import { Promoter } from "./sale/Promoter.ts"
import { PromotionQueue } from "./sale/PromotionQueue.ts"
import { Repacker } from "./sale/Repacker.ts"
import { Sweeper } from "./sale/Sweeper.ts"
import { ConfigApplier } from "./seeding/ConfigApplier.ts"
import { RunCloser } from "./seeding/RunCloser.ts"
import { RunLoader } from "./seeding/RunLoader.ts"
import { RunSwitch } from "./seeding/RunSwitch.ts"
import { StoresHealth } from "./StoresHealth.ts"
import { Compositions } from "./timetable/Compositions.ts"
import { RepackSwitch } from "./timetable/RepackSwitch.ts"
import { Routes } from "./timetable/Routes.ts"
import { RunDirectory } from "./timetable/RunDirectory.ts"
import { SeatConfigPreviews } from "./timetable/SeatConfigPreviews.ts"
import { SeatConfigs } from "./timetable/SeatConfigs.ts"
import { Stations } from "./timetable/Stations.ts"
import { TrainPages } from "./timetable/TrainPages.ts"
import { TrainSearch } from "./timetable/TrainSearch.ts"

const ledger = Layer.mergeAll(
  AuditTrail.layer,
  BookingCommits.layer,
  Bookings.layer,
  Cancellations.layer,
  HeldBookings.layer,
  HoldFacts.layer,
  PaymentRecords.layer,
  PostgresMetrics.layer,
  PlacedSales.layer,
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

const payment = Layer.merge(Pay.layer, GatewayJobs.layer).pipe(
  Layer.provide(Settlement.layer.pipe(Layer.provide(LateSeating.layer)))
)

/** What others will give one day: a payment gateway, and fares. */
const samples = Layer.merge(SandboxPayments.layer, Fares.layerSample)

const offices = Layer.mergeAll(
  BookingSearches.layer,
  PersonalRecords.layer,
  RepackSwitch.layer,
  RunSwitch.layer,
  SeatConfigPreviews.layer,
  TrainPages.layer
)

/** Seats those who wait, and makes room for them and for newcomers. */
const promotion = Promoter.layer.pipe(Layer.provideMerge(Repacker.layer))

const events = Layer.mergeAll(EventFeed.layer, EventPublisher.layer, Webhooks.layer, WebhookSender.layer).pipe(
  Layer.provide([WebhookCalls.layer, WebhookDeliveries.layer]),
  Layer.provide(WebhookAddresses.layer),
  Layer.provideMerge(EventStream.layer),
  Layer.provideMerge(EventLog.layer)
)

/** The ticket engine, over a PostgreSQL whose migrations have run and a Redis. */
export const layer = Layer.mergeAll(
  AvailabilityReader.layer,
  Book.layer,
  Cancel.layer,
  events,
  HoldExpiry.layer,
  payment,
  StoresHealth.layer,
  Sweeper.layer,
  offices
).pipe(Layer.provideMerge(promotion), Layer.provideMerge(Layer.merge(seeding, samples)))
