import type { Booking } from "@berth/domain/Booking"
import { berthAt } from "@berth/domain/CoachLayout"
import type { Pnr } from "@berth/domain/Pnr"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { runBerthOf } from "@berth/domain/RunId"
import type { NewBooking } from "../ledger/NewBooking.ts"
import type { Order } from "./Order.ts"

/** What an order becomes in the record, with the berths that Redis gave, or none for a party that waits. */
export const toNewBooking = (
  { bookedBy, composition, journey, request, run, userId }: Order,
  given: {
    readonly pnr: Pnr
    readonly keyHash: string
    readonly holdId: string
    readonly fingerprint: string
    readonly epoch: number
    readonly slots: ReadonlyArray<number> | null
    readonly deadlineMillis: number
  }
): NewBooking => ({
  keyHash: given.keyHash,
  holdId: given.holdId,
  fingerprint: given.fingerprint,
  pnr: given.pnr,
  userId,
  ...(bookedBy === undefined ? {} : { bookedBy }),
  runId: run.id,
  epoch: given.epoch,
  deadlineMillis: given.deadlineMillis,
  travelClass: composition.travelClass,
  quota: request.quota,
  fromStop: journey.range.from,
  toStop: journey.range.to,
  sameCoach: request.conditions?.sameCoach ?? false,
  lowerBerthsMin: request.conditions?.lowerBerthsMin ?? 0,
  waiting: given.slots === null,
  passengers: request.passengers.map((passenger, index) => {
    const slot = given.slots?.[index]
    return {
      number: index + 1,
      name: passenger.name,
      age: passenger.age,
      gender: passenger.gender ?? null,
      wish: passenger.berth ?? null,
      berth: slot === undefined ? null : runBerthOf(run.id, composition.travelClass, slot)
    }
  })
})

/** The answer to an order whose berths were committed; the record need not be read for it. */
export const toConfirmed = (
  { composition, journey, request, run, userId }: Order,
  pnr: Pnr,
  slots: ReadonlyArray<number>,
  bookedAt: string
): Booking => ({
  pnr,
  status: "CONFIRMED",
  trainId: run.trainId,
  date: run.date,
  from: journey.from,
  to: journey.to,
  travelClass: composition.travelClass,
  quota: request.quota,
  userId,
  bookedAt,
  passengers: request.passengers.map((passenger, index) => {
    const place = berthAt(coachLayouts[composition.travelClass], slots[index] ?? -1)
    return {
      number: index + 1,
      name: passenger.name,
      age: passenger.age,
      ...(passenger.gender === undefined ? {} : { gender: passenger.gender }),
      status: "CONFIRMED",
      coach: place.coach,
      seat: place.name,
      berth: place.berthType
    }
  })
})
