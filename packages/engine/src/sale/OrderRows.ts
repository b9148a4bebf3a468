import type { Booking } from "@berth/domain/Booking"
import { berthAt } from "@berth/domain/CoachLayout"
import type { Pnr } from "@berth/domain/Pnr"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { runBerthOf } from "@berth/domain/RunId"
import { waitlistKind } from "../ledger/BookingRows.ts"
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

/** What the answer to an order says, whatever came of it. */
const toMade = (
  { composition, journey, request, run, userId }: Order,
  pnr: Pnr,
  bookedAt: string,
  { passengers, status }: Pick<Booking, "passengers" | "status">
): Booking => ({
  pnr,
  status,
  trainId: run.trainId,
  date: run.date,
  from: journey.from,
  to: journey.to,
  travelClass: composition.travelClass,
  quota: request.quota,
  userId,
  bookedAt,
  passengers
})

const toTraveller = ({ age, gender, name }: Order["request"]["passengers"][number], index: number) => ({
  number: index + 1,
  name,
  age,
  ...(gender === undefined ? {} : { gender })
})

/** The answer to an order whose berths were committed; the record need not be read for it. */
export const toConfirmed = (order: Order, pnr: Pnr, slots: ReadonlyArray<number>, bookedAt: string): Booking =>
  toMade(order, pnr, bookedAt, {
    status: "CONFIRMED",
    passengers: order.request.passengers.map((passenger, index) => {
      const place = berthAt(coachLayouts[order.composition.travelClass], slots[index] ?? -1)
      return {
        ...toTraveller(passenger, index),
        status: "CONFIRMED",
        coach: place.coach,
        seat: place.name,
        berth: place.berthType
      }
    })
  })

/** The answer to an order that was put on the waitlist, its first passenger with this number, behind so many who wait. */
export const toWaiting = (
  order: Order,
  pnr: Pnr,
  { ahead, waitlistNumber }: { readonly ahead: number; readonly waitlistNumber: number },
  bookedAt: string
): Booking =>
  toMade(order, pnr, bookedAt, {
    status: "WAITLISTED",
    passengers: order.request.passengers.map((passenger, index) => ({
      ...toTraveller(passenger, index),
      status: "WAITLISTED",
      waitlist: { kind: waitlistKind, atBooking: waitlistNumber + index, now: ahead + index + 1 }
    }))
  })
