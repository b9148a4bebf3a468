import { DateTime } from "effect"
import type { Promotion, PromotionOutcome, WaitingBooking } from "../../../src/ledger/Waitlist.ts"
import { travelClass } from "../Network.ts"
import type { LedgerModel } from "./LedgerModel.ts"

export const waiting = (ledger: LedgerModel): ReadonlyArray<WaitingBooking> => {
  const parties = ledger.inOrder().flatMap(([pnr, { booked, passengers }, { holdId, number }]) => {
    const [first, ...rest] = passengers.filter(({ state }) => state === "WAITLISTED")
    const { fromStop, lowerBerthsMin, sameCoach, toStop } = booked
    return first === undefined
      ? []
      : [
        {
          pnr,
          holdId,
          travelClass,
          number,
          fromStop,
          toStop,
          sameCoach,
          lowerBerthsMin,
          passengers: [first, ...rest]
        } as const
      ]
  })
  return ledger.world.guarded("order of the waitlist") ? parties : parties.toReversed()
}

export const promote = (
  ledger: LedgerModel,
  { deadline, epoch, pnr, seats }: Promotion,
  beganMillis: number
): PromotionOutcome => {
  if (ledger.isFenced(epoch)) return "fenced"
  if (ledger.isLate(DateTime.toEpochMillis(DateTime.makeUnsafe(deadline)), beganMillis)) return "late"
  const record = ledger.bookings.get(pnr)
  const travellers = record?.passengers.filter(({ state }) => state === "WAITLISTED") ?? []
  const asked = seats.map(({ number }) => number)
  if (record?.entry === undefined || travellers.map(({ number }) => number).join() !== asked.toSorted().join()) {
    return "gone"
  }
  if (ledger.sell({ ...record.booked, pnr }, seats) !== "sold") return "lost"
  for (const passenger of travellers) {
    passenger.state = "CONFIRMED"
    passenger.berth = seats.find(({ number }) => number === passenger.number)?.berth ?? null
  }
  record.entry.state = "promoted"
  record.entry.passengers = 0
  record.epoch = epoch
  return "committed"
}
