import type { BerthType } from "../BerthType.ts"
import type { PassengerRequest } from "../Passenger.ts"

/**
 * The berth that a passenger should get where it is free: the one asked for, else a lower one for men of 60 and more and
 * women of 45 and more, who get it without asking.
 */
export const berthWish = (passenger: PassengerRequest): BerthType | "any" => {
  if (passenger.berth !== undefined) {
    return passenger.berth
  }
  const lowerFrom = passenger.gender === "F" ? 45 : 60
  return passenger.age >= lowerFrom ? "LB" : "any"
}
