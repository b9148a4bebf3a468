import type { TravelClass } from "../TravelClass.ts"
import { isAirConditioned } from "../TravelClass.ts"

/**
 * Most passengers that may wait in the general quota of a class: 60 % of its berths in air-conditioned classes, 30 % in
 * the others, as reported since 2025-06-28 (uncertain: one reading of several), of the berths left after other quotas.
 */
export const waitlistMax = (travelClass: TravelClass, generalBerths: number): number =>
  Math.floor(generalBerths * (isAirConditioned(travelClass) ? 60 : 30) / 100)
