import { Schema } from "effect"

/** A berth's name, coach and number: `S3-21`. No two berths of a run share one. */
export const BerthName = Schema.String.check(
  Schema.isPattern(/^[A-Z]\d{1,3}-\d{1,3}$/, { expected: "a berth name such as S3-21" })
).pipe(Schema.brand("BerthName")).annotate({ identifier: "BerthName" })
export type BerthName = typeof BerthName.Type
