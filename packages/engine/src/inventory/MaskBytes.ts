import type { ClassOfRun, QuotaMasks } from "./Inventory.ts"

/** The masks of a class in the order of its quotas, without empty bays at the end; a quota that sells nothing is empty. */
export const maskArguments = (classOfRun: ClassOfRun, masks: QuotaMasks): Array<Buffer> =>
  classOfRun.quotas.map((quota) => {
    const mask = masks.get(quota) ?? new Uint8Array()
    return Buffer.from(mask.subarray(0, mask.findLastIndex((bay) => bay !== 0) + 1))
  })
