import type { ClassOfRun, QuotaMasks } from "./Inventory.ts"

/** A mask without the empty bays at its end. */
export const cutMask = (mask: Uint8Array): Buffer =>
  Buffer.from(mask.subarray(0, mask.findLastIndex((bay) => bay !== 0) + 1))

/** The masks of a class in the order of its quotas; that of a quota that sells nothing is empty. */
export const maskArguments = (classOfRun: ClassOfRun, masks: QuotaMasks): Array<Buffer> =>
  classOfRun.quotas.map((quota) => cutMask(masks.get(quota) ?? new Uint8Array()))
