import type { Pnr } from "@berth/domain/Pnr"
import { runBerthOf } from "@berth/domain/RunId"
import type { Cancelled, FreedSale, LeavingParty, Unfreed } from "../../../src/ledger/Cancellations.ts"
import { runId, travelClass } from "../Network.ts"
import type { LedgerModel, Sale } from "./LedgerModel.ts"

const toFreed = ({ from, id, slot, to }: Sale): FreedSale => ({
  id,
  berth: runBerthOf(runId, travelClass, slot),
  from,
  to
})

export const cancel = (ledger: LedgerModel, pnr: Pnr, numbers: ReadonlyArray<number> | null): Cancelled | null => {
  const record = ledger.bookings.get(pnr)
  if (record === undefined) return null
  const { entry, passengers } = record
  const gone = passengers.filter(({ number, state }) =>
    state !== "CANCELLED" && (numbers === null || numbers.includes(number))
  )
  const { epoch } = ledger.run
  if (gone.length === 0 || numbers !== null && gone.length < numbers.length) {
    return { cancelled: [], runId, epoch, freed: [], travelClass: null, waiting: null }
  }
  const freed: Array<FreedSale> = []
  for (const passenger of gone) {
    passenger.state = "CANCELLED"
    for (const sale of ledger.sales) {
      if (!sale.active || sale.pnr !== pnr || sale.passenger !== passenger.number) continue
      sale.active = false
      sale.freeing = true
      freed.push(toFreed(sale))
    }
  }
  const waited = entry?.state === "waiting"
  if (entry !== undefined && waited) {
    entry.passengers = passengers.filter(({ state }) => state === "WAITLISTED").length
    entry.leaving = true
    if (entry.passengers === 0) entry.state = "cancelled"
  }
  return {
    cancelled: gone.map(({ number }) => number),
    runId,
    epoch,
    freed,
    travelClass,
    waiting: entry !== undefined && waited ? { holdId: entry.holdId, passengers: entry.passengers } : null
  }
}

export const freed = (ledger: LedgerModel, saleIds: ReadonlyArray<number>): void => {
  for (const sale of ledger.sales) if (saleIds.includes(sale.id)) sale.freeing = false
}

export const unfreed = (ledger: LedgerModel): ReadonlyArray<Unfreed> =>
  ledger.sales.filter(({ freeing }) => freeing).map((sale) =>
    Object.assign(toFreed(sale), { epoch: ledger.run.epoch, runId })
  )

export const left = (ledger: LedgerModel, { passengers, pnr }: LeavingParty): void => {
  const entry = ledger.bookings.get(pnr)?.entry
  if (entry?.passengers === passengers) entry.leaving = false
}

export const leaving = (ledger: LedgerModel): ReadonlyArray<LeavingParty> =>
  [...ledger.bookings].flatMap(([pnr, { entry }]) =>
    entry?.leaving === true
      ? [{ pnr, runId, epoch: ledger.run.epoch, travelClass, holdId: entry.holdId, passengers: entry.passengers }]
      : []
  )
