import type { Booking } from "@berth/domain/Booking"
import type { BookingRequest } from "@berth/domain/BookingRequest"
import { IdempotencyKey } from "@berth/domain/IdempotencyKey"
import { PersonName } from "@berth/domain/PersonName"
import type { Pnr } from "@berth/domain/Pnr"
import { Effect } from "effect"
import { Book } from "../../src/sale/Book.ts"
import { Cancel } from "../../src/sale/Cancel.ts"
import { find } from "./ledger/LedgerReads.ts"
import { date, legs, stations, trainId, traveller } from "./Network.ts"
import type { Servers } from "./Servers.ts"
import type { Stores } from "./Stores.ts"
import { violated, Violation } from "./Violation.ts"

/** A request that was sent under a key, once or more often. */
interface Asked {
  readonly key: string
  readonly request: BookingRequest
  pnr?: Pnr
  /** The key was sent with another request, too. */
  misused?: boolean
  /** What the caller was told. */
  answer?: string
}

const one = { name: PersonName.make("Traveller"), age: 30 }

/** Those who book and cancel, and what they were told. */
export class Callers {
  private readonly stores: Stores
  private readonly servers: Servers
  private readonly asked: Array<Asked> = []

  constructor(stores: Stores, servers: Servers) {
    this.stores = stores
    this.servers = servers
  }

  /** A request that was sent before, where there is one. */
  pickEarlier(): Asked | undefined {
    return this.asked.length === 0 ? undefined : this.stores.world.chance.pick(this.asked)
  }

  bookAnew(): void {
    const asked: Asked = { key: `key-${this.asked.length}`, request: this.newRequest() }
    this.asked.push(asked)
    this.book(asked)
  }

  private newRequest(): BookingRequest {
    const { chance } = this.stores.world
    const from = chance.below(legs)
    const to = from + 1 + chance.below(legs - from)
    const passengers = chance.pick([1, 1, 1, 2, 2, 3])
    const [origin, destination] = [stations[from], stations[to]]
    return {
      trainId,
      date,
      travelClass: "SL",
      quota: chance.happens(0.88) ? "GN" : "TQ",
      passengers: [one, ...Array.from({ length: passengers - 1 }, () => one)],
      ...(origin === undefined ? {} : { from: origin }),
      ...(destination === undefined ? {} : { to: destination }),
      ...(chance.happens(0.2) ? { conditions: { onlyIfConfirmed: true } } : {})
    }
  }

  book(asked: Asked): void {
    const key = IdempotencyKey.make(asked.key)
    this.servers.start(
      `book ${asked.key}: ${asked.request.passengers.length} from ${asked.request.from} to ${asked.request.to}, ${asked.request.quota}`,
      Effect.flatMap(Book, (book) => book.book({ caller: traveller, request: asked.request, key })).pipe(
        Effect.catchTag(
          "IdempotencyConflict",
          (conflict) => asked.misused === true ? Effect.void : Effect.die(conflict)
        )
      ),
      (booked) => {
        try {
          if (booked !== undefined) this.acknowledged(asked, booked.booking)
        } catch (violation) {
          if (!(violation instanceof Violation)) throw violation
          this.servers.report(violation)
        }
      }
    )
  }

  private acknowledged(asked: Asked, booking: Booking): void {
    const answer = JSON.stringify([
      booking.pnr,
      booking.passengers.map(({ seat, status, waitlist }) => [status, seat, waitlist?.atBooking])
    ])
    const recorded = find(this.stores.ledger, booking.pnr, "asBooked")
    if (recorded === undefined) violated("whoever was told of a booking has it", `${asked.key}: ${booking.pnr}`)
    if (asked.answer !== undefined && asked.answer !== answer) {
      violated("one key, one answer", `${asked.key} was told ${asked.answer}, then ${answer}`)
    }
    asked.answer = answer
    asked.pnr = booking.pnr
  }

  /** Sends another request under the key of an earlier one. */
  misuse(asked: Asked): void {
    const { key, request } = asked
    asked.misused = true
    const other: BookingRequest = { ...request, passengers: [{ ...one, age: 31 }] }
    this.servers.start(
      `misuse ${key}`,
      Effect.flatMap(
        Book,
        (book) => book.book({ caller: traveller, request: other, key: IdempotencyKey.make(key) })
      ).pipe(
        Effect.catchTag("IdempotencyConflict", () => Effect.void)
      ),
      // Whichever comes first has the key.
      (booked) => {
        if (booked !== undefined && asked.answer !== undefined) {
          this.servers.report(new Violation("one key, one answer", `${key} was used for two bookings`))
        }
      }
    )
  }

  cancel(pnr: Pnr): void {
    const passengers = this.stores.world.chance.happens(0.3) ? [1] : undefined
    this.servers.start(
      `cancel ${passengers === undefined ? "" : "the first of "}${pnr}`,
      Effect.flatMap(Cancel, ({ cancel }) => cancel({ caller: traveller, pnr, passengers }))
    )
  }
}
