import { Schema } from "effect"

/** Passenger name record: the ten digits that name a booking. */
export const Pnr = Schema.String.check(Schema.isPattern(/^[1-9]\d{9}$/, { expected: "a PNR of ten digits" })).pipe(
  Schema.brand("Pnr")
).annotate({ identifier: "Pnr" })
export type Pnr = typeof Pnr.Type
