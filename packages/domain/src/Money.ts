import { Schema } from "effect"

/** An amount of money in the currency's smallest unit (paise), so that no sum is ever rounded. */
export const Money = Schema.Struct({
  amount: Schema.Natural,
  currency: Schema.Literal("INR")
}).annotate({ identifier: "Money", description: "Amount in paise" })
export type Money = typeof Money.Type

export const ofPaise = (amount: number): Money => ({ amount, currency: "INR" })

export const zeroRupees: Money = ofPaise(0)
