import type { CurrentUser } from "@berth/domain/Auth"
import type { bookErrors } from "@berth/domain/BerthApi"
import type { Booking } from "@berth/domain/Booking"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import type { Pnr } from "@berth/domain/Pnr"
import type { Inventory } from "../inventory/Inventory.ts"
import type { RunGate } from "../inventory/RunGate.ts"
import type { BookingCommits } from "../ledger/BookingCommits.ts"
import type { Bookings } from "../ledger/Bookings.ts"
import type { HeldBookings } from "../ledger/HeldBookings.ts"
import type { Waitlist } from "../ledger/Waitlist.ts"
import type { Fares } from "../payment/Fares.ts"
import type { ConfigApplier } from "../seeding/ConfigApplier.ts"
import type { RunLoader } from "../seeding/RunLoader.ts"
import type { OrderDesk } from "./Order.ts"
import type { Promoter } from "./Promoter.ts"
import type { PromotionQueue } from "./PromotionQueue.ts"
import type { Repacker } from "./Repacker.ts"
import type { SettledHolds } from "./SettledHolds.ts"

/** Who is asked on the way of a booking. */
export interface Desk extends OrderDesk {
  readonly applier: ConfigApplier["Service"]
  readonly bookings: Bookings["Service"]
  readonly commits: BookingCommits["Service"]
  readonly fares: Fares["Service"]
  readonly held: HeldBookings["Service"]
  readonly inventory: Inventory["Service"]
  readonly loader: RunLoader["Service"]
  readonly promoter: Promoter["Service"]
  readonly promotions: PromotionQueue["Service"]
  readonly repacker: Repacker["Service"]
  readonly settled: SettledHolds
  readonly waitlist: Waitlist["Service"]
}

/** One call of `book`, through all its attempts. */
export interface Attempt {
  readonly caller: CurrentUser["Service"]
  readonly request: BookingRequest
  readonly keyGiven: boolean
  readonly keyHash: string
  readonly fingerprint: string
  readonly pnr: Pnr
  /** Raised where the hold before was ended or is left to the sweep; within an epoch, for a load forgets every hold. */
  readonly holdNumber: number
  readonly triesLeft: number
  /** Whether others may be given another berth for it; not where that has come to nothing. */
  readonly mayRepack: boolean
  /** A promoter passed for it: whoever waits and fits has come first. */
  readonly behind: boolean
  /** What Redis said its gate is, where the record is about to say the same. */
  readonly gate: RunGate | undefined
}

export type BookError = InstanceType<(typeof bookErrors)[number]>

/** The answer to a booking; `replayed` where its key had been used before. */
export interface Booked {
  readonly booking: Booking
  readonly replayed: boolean
}
