import { Schema } from "effect"

/** What the load needs to know of an answered booking. */
export const Acknowledged = Schema.Struct({
  pnr: Schema.String,
  status: Schema.String,
  passengers: Schema.Array(Schema.Struct({
    number: Schema.Int,
    status: Schema.String,
    seat: Schema.optionalKey(Schema.String),
    berth: Schema.optionalKey(Schema.String)
  }))
})
export type Acknowledged = typeof Acknowledged.Type

/** A journey that the load asks for. */
export interface Trip {
  readonly trainId: string
  readonly date: string
  readonly travelClass: string
  readonly from: string
  readonly to: string
  /** Everybody asks for the same there, so that the order of the waitlist can be told from outside. */
  readonly queue: boolean
}

/** One key, and everything that callers were told about it. Times are of the system's clock, ms. */
export interface BookingEntry {
  readonly key: string
  readonly trip: Trip
  readonly passengers: number
  readonly sentAt: number
  /** The first answer that told of the booking. */
  acknowledged: Acknowledged | undefined
  acknowledgedAt: number
  /** PNRs of every answer that told of a booking. */
  readonly pnrs: Set<string>
  /** The last word, where it was a refusal for good. */
  refusedFor: string | undefined
  /** Numbers of passengers whose cancellation was answered, and of those for whom it was asked. */
  readonly cancelled: Set<number>
  readonly cancelAsked: Set<number>
  cancelAskedAt: number
}

/** Everything that the load did, for the checks at the end. */
export class BookingLog {
  readonly entries: Array<BookingEntry> = []
  /** Calls that were refused, by what was said; a call that was tried again counts each time. */
  readonly refusals = new Map<string, number>()
  /** Answers that no caller should ever get. */
  readonly faults: Array<string> = []
  /** Whether the network repeats calls late: a booking that was refused may then be made after all, by its repeat. */
  repeatedLate = false
  #acknowledgements = 0
  /** When the latest booking was acknowledged, ms on the steady clock. */
  acknowledgedLastAt = 0

  get acknowledged(): number {
    return this.#acknowledgements
  }

  get refused(): number {
    return [...this.refusals.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Bookings whose fate the caller does not know. */
  get open(): ReadonlyArray<BookingEntry> {
    return this.entries.filter(({ acknowledged, refusedFor }) => acknowledged === undefined && refusedFor === undefined)
  }

  make(key: string, trip: Trip, passengers: number): BookingEntry {
    const entry: BookingEntry = {
      key,
      trip,
      passengers,
      sentAt: Date.now(),
      acknowledged: undefined,
      acknowledgedAt: 0,
      pnrs: new Set(),
      refusedFor: undefined,
      cancelled: new Set(),
      cancelAsked: new Set(),
      cancelAskedAt: Number.POSITIVE_INFINITY
    }
    this.entries.push(entry)
    return entry
  }

  acknowledge(entry: BookingEntry, booking: Acknowledged): void {
    entry.pnrs.add(booking.pnr)
    entry.refusedFor = undefined
    if (entry.acknowledged === undefined) {
      entry.acknowledged = booking
      entry.acknowledgedAt = Date.now()
      this.#acknowledgements++
    }
    this.acknowledgedLastAt = performance.now()
  }

  refuse(what: string): void {
    this.refusals.set(what, (this.refusals.get(what) ?? 0) + 1)
  }
}
