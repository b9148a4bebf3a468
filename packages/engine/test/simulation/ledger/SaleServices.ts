import { Context, Effect, Option } from "effect"
import { BookingCommits } from "../../../src/ledger/BookingCommits.ts"
import { Bookings } from "../../../src/ledger/Bookings.ts"
import { Cancellations } from "../../../src/ledger/Cancellations.ts"
import { HeldBookings } from "../../../src/ledger/HeldBookings.ts"
import { HoldFacts } from "../../../src/ledger/HoldFacts.ts"
import { PlacedSales } from "../../../src/ledger/PlacedSales.ts"
import { PnrSequence } from "../../../src/ledger/PnrSequence.ts"
import { Waitlist } from "../../../src/ledger/Waitlist.ts"
import { runId } from "../Network.ts"
import type { Process } from "../Process.ts"
import type { Stores } from "../Stores.ts"
import { cancel, freed, leaving, left, unfreed } from "./CancellationsModel.ts"
import { commit } from "./CommitModel.ts"
import { facts, find, placed } from "./LedgerReads.ts"
import { promote, waiting } from "./WaitlistModel.ts"

/** What the code of a process asks the record for about bookings. */
export const saleServices = ({ ledger, world }: Stores, process: Process) => {
  const ask = <A>(name: string, work: () => A) => world.call(process, "postgresql", name, work)
  return Context.make(BookingCommits, {
    admit: Effect.void,
    commit: (booking) =>
      world.call(process, "postgresql", `commit ${booking.holdId}`, (began) => commit(ledger, booking, began), true)
  }).pipe(
    Context.add(Bookings, {
      find: ({ pnr }) => ask("find booking", () => Option.fromUndefinedOr(find(ledger, pnr, "now"))),
      asBooked: (pnr) => ask("find booking as booked", () => Option.fromUndefinedOr(find(ledger, pnr, "asBooked"))),
      findKey: (keyHash) => ask(`find key ${keyHash}`, () => Option.fromUndefinedOr(ledger.keys.get(keyHash))),
      page: () => Effect.die(new Error("nobody reads pages in a simulation"))
    }),
    Context.add(Cancellations, {
      cancel: ({ passengers, pnr }) =>
        ask(`cancel ${pnr}`, () =>
          Option.map(
            Option.fromNullOr(cancel(ledger, pnr, passengers)),
            (cancelled) => ({ ...cancelled, unpaid: false, refundPaise: 0 })
          )),
      freed: (saleIds) => ask(`freed ${saleIds.join()}`, () => freed(ledger, saleIds)),
      unfreed: ask("unfreed", () => unfreed(ledger)),
      left: (party) => ask(`left ${party.holdId} ${party.passengers}`, () => left(ledger, party)),
      leaving: ask("leaving", () => leaving(ledger))
    }),
    // Bookings that are paid later are not simulated; packages/engine/test/payment has properties of them on real stores.
    Context.add(HeldBookings, {
      admit: Effect.void,
      commit: () => Effect.die(new Error("nobody pays later in a simulation")),
      expire: Effect.succeed([])
    }),
    Context.add(HoldFacts, {
      find: (keyHashes) => ask("facts of holds", () => facts(ledger, keyHashes)),
      pruneKeys: Effect.succeed(0)
    }),
    Context.add(Waitlist, {
      waiting: () => ask("waitlist", () => waiting(ledger)),
      promote: (promotion) =>
        world.call(
          process,
          "postgresql",
          `promote ${promotion.pnr}`,
          (began) => promote(ledger, promotion, began),
          true
        ),
      runsWaiting: Effect.succeed([runId])
    }),
    Context.add(PlacedSales, { ofClass: () => ask("placed sales", () => placed(ledger)) }),
    Context.add(PnrSequence, { next: Effect.sync(() => ledger.nextPnr()) })
  )
}
