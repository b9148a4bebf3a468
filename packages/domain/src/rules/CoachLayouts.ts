import type { CoachLayout } from "../CoachLayout.ts"
import type { TravelClass } from "../TravelClass.ts"

/**
 * The layout of each class. Once berths of a class are sold its layout may not change, for berth names hang on it.
 *
 * Berths of a coach and their types: SL, 3A (64), 2A (46), 1A (18), 3E (83) and 2S (108) are confirmed by several
 * sources for the ICF coaches; CC (78), EC (56), the order of seats across, and where the extra berths of 3E stand are
 * uncertain and taken as the common pattern. The last bay of 2A, 1A, CC and 3E is short.
 */
export const coachLayouts: Readonly<Record<TravelClass, CoachLayout>> = {
  "1A": { travelClass: "1A", coachPrefix: "H", berthsPerCoach: 18, bay: ["LB", "UB", "LB", "UB"] },
  "2A": { travelClass: "2A", coachPrefix: "A", berthsPerCoach: 46, bay: ["LB", "UB", "LB", "UB", "SL", "SU"] },
  "3A": {
    travelClass: "3A",
    coachPrefix: "B",
    berthsPerCoach: 64,
    bay: ["LB", "MB", "UB", "LB", "MB", "UB", "SL", "SU"]
  },
  "3E": {
    travelClass: "3E",
    coachPrefix: "M",
    berthsPerCoach: 83,
    bay: ["LB", "MB", "UB", "LB", "MB", "UB", "SL", "SU"]
  },
  SL: {
    travelClass: "SL",
    coachPrefix: "S",
    berthsPerCoach: 72,
    bay: ["LB", "MB", "UB", "LB", "MB", "UB", "SL", "SU"]
  },
  CC: { travelClass: "CC", coachPrefix: "C", berthsPerCoach: 78, bay: ["WS", "MS", "AS", "AS", "WS"] },
  EC: { travelClass: "EC", coachPrefix: "E", berthsPerCoach: 56, bay: ["WS", "AS", "AS", "WS"] },
  "2S": { travelClass: "2S", coachPrefix: "D", berthsPerCoach: 108, bay: ["WS", "MS", "AS", "AS", "MS", "WS"] }
}
