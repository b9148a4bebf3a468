import type { Booking } from "@berth/domain/Booking"
import { Pnr } from "@berth/domain/Pnr"
import { runBerthOf } from "@berth/domain/RunId"
import { DateTime } from "effect"
import { toBooking } from "../../../src/ledger/BookingRows.ts"
import type { HoldFact } from "../../../src/ledger/HoldFacts.ts"
import type { SoldBerth } from "../../../src/ledger/PlacedSales.ts"
import { date, route, runId, stations, trainId, travelClass } from "../Network.ts"
import type { LedgerModel } from "./LedgerModel.ts"

export const find = (ledger: LedgerModel, pnr: Pnr, view: "now" | "asBooked"): Booking | undefined => {
  const record = ledger.bookings.get(pnr)
  if (record === undefined) return undefined
  const { booked, createdMillis, passengers } = record
  const [from = route.stops[0]?.code, to = from] = [stations[booked.fromStop], stations[booked.toStop]]
  if (from === undefined || to === undefined) return undefined
  return toBooking({
    pnr,
    trainId,
    date,
    from,
    to,
    travelClass,
    quota: booked.quota,
    userId: booked.userId,
    bookedAt: DateTime.makeUnsafe(createdMillis),
    bookedMicros: `${createdMillis}000`,
    hold: null,
    passengers: passengers.map(({ age, berth, gender, movedFrom, name, number, state, waitlistNumber }) => ({
      number,
      name,
      age,
      gender,
      state,
      berth,
      movedFrom,
      waitlistNumber,
      waitlistNow: waitlistNumber
    }))
  }, view)
}

export const facts = (ledger: LedgerModel, keyHashes: ReadonlyArray<string>): ReadonlyArray<HoldFact> =>
  keyHashes.flatMap((keyHash) => {
    const record = ledger.bookings.get(ledger.keys.get(keyHash)?.pnr ?? Pnr.make("9999999999"))
    if (record === undefined || !ledger.world.guarded("sweep asks the record")) return []
    const { entry, epoch, passengers } = record
    return [{
      keyHash,
      epoch,
      berths: passengers.flatMap(({ berth }) => berth === null ? [] : [berth]),
      waiting: entry?.state === "waiting" ? { holdId: entry.holdId, passengers: entry.passengers } : null
    }]
  })

export const placed = (ledger: LedgerModel): ReadonlyArray<SoldBerth> =>
  ledger.sales.filter(({ active }) => active).flatMap(({ from, id, passenger, pnr, slot, to }) => {
    const record = ledger.bookings.get(pnr)
    const wish = record?.passengers.find(({ number }) => number === passenger)?.wish
    return record === undefined ? [] : [{
      id,
      berth: runBerthOf(runId, travelClass, slot),
      from,
      to,
      pnr,
      quota: record.booked.quota,
      sameCoach: record.booked.sameCoach,
      movable: wish === null
    }]
  })
