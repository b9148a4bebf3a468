import type { Composition } from "../../../src/timetable/Compositions.ts"
import { maskOfSlots, quotas, slotsMax, travelClass, waitlistMax } from "../Network.ts"
import type { LedgerModel } from "./LedgerModel.ts"

export const compositionOf = (ledger: LedgerModel): Composition => {
  const masks = quotas.map((quota) =>
    [quota, maskOfSlots(ledger.forSale.flatMap((sold, slot) => sold === quota ? [slot] : []))] as const
  ).filter(([, mask]) => mask.length > 0)
  return {
    version: ledger.configVersion,
    classes: new Map([[travelClass, { travelClass, quotas, masks: new Map(masks), waitlistMax }]])
  }
}

/** Retires berths, adds some, or moves some to the other quota, in the operator's own transaction. */
export const edit = (ledger: LedgerModel): void => {
  for (let changes = 1 + ledger.world.chance.below(3); changes > 0; changes--) {
    const slot = ledger.world.chance.below(slotsMax)
    const now = ledger.forSale[slot]
    const next = ledger.world.chance.pick(["GN", "GN", "TQ", "retired"] as const)
    ledger.forSale[slot] = next === "retired" ? undefined : next
    if (now === undefined && ledger.forSale.filter((quota) => quota !== undefined).length > 5) {
      ledger.forSale[slot] = undefined
    }
  }
  ledger.configVersion++
  ledger.world.note(() => `edit: ${JSON.stringify(ledger.forSale)}, version ${ledger.configVersion}`)
}
