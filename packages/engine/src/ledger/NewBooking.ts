import type { BerthType } from "@berth/domain/BerthType"
import type { Gender } from "@berth/domain/Passenger"
import type { PersonName } from "@berth/domain/PersonName"
import type { Pnr } from "@berth/domain/Pnr"
import type { Quota } from "@berth/domain/Quota"
import type { TravelClass } from "@berth/domain/TravelClass"
import type { UserId } from "@berth/domain/UserId"
import { Schema } from "effect"

/** A booking that Redis has seated, or put on the waitlist, on its way into the record. */
export interface NewBooking {
  readonly keyHash: string
  readonly holdId: string
  readonly fingerprint: string
  readonly pnr: Pnr
  readonly userId: UserId
  /** Who of the staff books for that user; absent where they do so themselves. */
  readonly bookedBy?: UserId
  readonly runId: number
  /** The epoch in which the berths were given; the commit refuses another. */
  readonly epoch: number
  /** Business time, Unix ms, after which the commit refuses. */
  readonly deadlineMillis: number
  readonly travelClass: TravelClass
  readonly quota: Quota
  readonly fromStop: number
  readonly toStop: number
  readonly sameCoach: boolean
  readonly lowerBerthsMin: number
  readonly waiting: boolean
  readonly passengers: ReadonlyArray<{
    readonly number: number
    readonly name: PersonName
    readonly age: number
    readonly gender: Gender | null
    readonly wish: BerthType | null
    readonly berth: number | null
  }>
}

/** `duplicate`: the key has its booking; `withdrawn`: a berth is not for sale any more; `taken`: one is sold. */
export const Outcome = Schema.Literals(["committed", "duplicate", "fenced", "late", "withdrawn", "taken"])

/** What became of a booking. */
export interface CommitOutcome {
  readonly outcome: typeof Outcome.Type
  /** Number of the first passenger on the waitlist, of those who wait. */
  readonly waitlistNumber: number | null
  /** Passengers who wait before the party; absent where it does not wait, or was not asked after. */
  readonly ahead?: number
  /** Business time, ISO 8601. */
  readonly bookedAt: string
}
