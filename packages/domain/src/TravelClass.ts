import { Schema } from "effect"

/**
 * Classes of travel, in the railway's codes. Their order is part of every stored berth number (`BerthNumber`), so a new
 * class goes to the end and none is ever removed.
 */
export const travelClasses = ["1A", "2A", "3A", "3E", "SL", "CC", "EC", "2S"] as const

export const TravelClass = Schema.Literals(travelClasses).annotate({
  identifier: "TravelClass",
  description: "Class of travel: 1A, 2A, 3A, 3E, SL, CC, EC or 2S"
})
export type TravelClass = typeof TravelClass.Type

export const travelClassNames: Readonly<Record<TravelClass, string>> = {
  "1A": "First class, air-conditioned",
  "2A": "Two-tier, air-conditioned",
  "3A": "Three-tier, air-conditioned",
  "3E": "Three-tier economy, air-conditioned",
  SL: "Sleeper",
  CC: "Chair car, air-conditioned",
  EC: "Executive chair car, air-conditioned",
  "2S": "Second sitting"
}

/** Whether the class is air-conditioned; caps and taxes depend on it. */
export const isAirConditioned = (travelClass: TravelClass): boolean => travelClass !== "SL" && travelClass !== "2S"
