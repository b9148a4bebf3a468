import { Schema } from "effect"

/** Kinds of berth and seat. `SL` and `SU` are side lower and side upper; `WS`, `MS`, `AS` are seats of a chair car. */
export const berthTypes = ["LB", "MB", "UB", "SL", "SU", "WS", "MS", "AS"] as const

export const BerthType = Schema.Literals(berthTypes).annotate({
  identifier: "BerthType",
  description: "LB lower, MB middle, UB upper, SL side lower, SU side upper, WS window, MS middle seat, AS aisle"
})
export type BerthType = typeof BerthType.Type

export const berthTypeNames: Readonly<Record<BerthType, string>> = {
  LB: "lower",
  MB: "middle",
  UB: "upper",
  SL: "side lower",
  SU: "side upper",
  WS: "window seat",
  MS: "middle seat",
  AS: "aisle seat"
}
