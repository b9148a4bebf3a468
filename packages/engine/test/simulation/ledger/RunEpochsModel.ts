import { runBerthOf, slotOf } from "@berth/domain/RunId"
import type { RebuildingRun, SaleMove, SoldLegs, WaitingHold } from "../../../src/ledger/RunEpochs.ts"
import { date, legs, route, runId, trainId, trainNumber, travelClass } from "../Network.ts"
import { violated } from "../Violation.ts"
import type { LedgerModel } from "./LedgerModel.ts"

export const close = (ledger: LedgerModel): void => {
  if (ledger.run.state === "OPEN") ledger.run.state = "NEW"
}

export const beginRebuild = (ledger: LedgerModel, which: "all" | "unloaded"): ReadonlyArray<RebuildingRun> => {
  if (which === "unloaded" && ledger.run.state === "OPEN") return []
  ledger.run.epoch++
  ledger.run.state = "REBUILDING"
  if (ledger.world.guarded("releases end with their epoch")) {
    for (const sale of ledger.sales) sale.freeing = false
    for (const { entry } of ledger.bookings.values()) if (entry !== undefined) entry.leaving = false
  }
  const { epoch } = ledger.run
  return [{ id: runId, trainId, trainNumber, date, routeId: route.id, epoch, legs, version: ledger.configVersion }]
}

/** Moves sales and raises the epoch, or neither. */
export const beginRepack = (
  ledger: LedgerModel,
  epoch: number,
  moves: ReadonlyArray<SaleMove>
): ReadonlyArray<RebuildingRun> | undefined => {
  if (ledger.run.epoch !== epoch || ledger.run.state !== "OPEN") return undefined
  const going = moves.flatMap(({ from, sale: id, to }) => {
    const sale = ledger.sales[id - 1]
    return sale?.active === true && sale.slot === slotOf(from) ? [{ sale, to: slotOf(to) }] : []
  })
  const forSale = going.every(({ sale, to }) =>
    ledger.forSale[to] !== undefined && ledger.forSale[to] === ledger.bookings.get(sale.pnr)?.booked.quota
  )
  if (going.length < moves.length || !forSale) return undefined
  for (const { sale } of going) sale.active = false
  if (
    ledger.world.guarded("moves are refused where the sales have changed") &&
    going.some(({ sale, to }) => !ledger.isFree(to, sale.from, sale.to))
  ) {
    for (const { sale } of going) sale.active = true
    return undefined
  }
  for (const { sale, to } of going) {
    if (!ledger.isFree(to, sale.from, sale.to)) {
      violated("no two active sales overlap", `${sale.pnr} was moved to ${to}`)
    }
    const passenger = ledger.bookings.get(sale.pnr)?.passengers.find(({ number }) => number === sale.passenger)
    if (passenger === undefined || passenger.wish !== null) violated("nobody is moved who chose", sale.pnr)
    else {
      passenger.movedFrom ??= passenger.berth
      passenger.berth = runBerthOf(runId, travelClass, to)
      if (passenger.movedFrom === passenger.berth) passenger.movedFrom = null
    }
    sale.slot = to
    sale.active = true
  }
  return beginRebuild(ledger, "all")
}

export const sold = (ledger: LedgerModel): ReadonlyArray<SoldLegs> =>
  ledger.sales.filter(({ active }) => active).map(({ from, slot, to }) => ({
    runId,
    berth: runBerthOf(runId, travelClass, slot),
    from,
    to
  }))

export const waitingHolds = (ledger: LedgerModel): ReadonlyArray<WaitingHold> =>
  ledger.inOrder().map(([, { booked: { fromStop, quota, toStop } }, { holdId, passengers }]) => ({
    runId,
    travelClass,
    quota,
    holdId,
    passengers,
    from: fromStop,
    to: toStop
  }))

export const overtake = (ledger: LedgerModel, epoch: number, redisEpoch: number): void => {
  if (ledger.run.epoch !== epoch || ledger.run.state !== "REBUILDING") return
  ledger.run.epoch = redisEpoch
  ledger.run.state = "NEW"
}

export const open = (ledger: LedgerModel, epoch: number, version: number): void => {
  if (ledger.run.epoch !== epoch || ledger.run.state !== "REBUILDING") return
  ledger.run.state = "OPEN"
  ledger.run.appliedVersion = version
}

export const applied = (ledger: LedgerModel, epoch: number, version: number): void => {
  if (ledger.run.epoch === epoch && ledger.run.appliedVersion < version) ledger.run.appliedVersion = version
}
