import { DateTime } from "effect"
import type { CommitOutcome, NewBooking } from "../../../src/ledger/NewBooking.ts"
import { violated } from "../Violation.ts"
import type { LedgerModel } from "./LedgerModel.ts"

export const commit = (ledger: LedgerModel, booked: NewBooking, beganMillis: number): CommitOutcome => {
  const bookedAt = DateTime.formatIso(DateTime.makeUnsafe(beganMillis))
  const refuse = (outcome: CommitOutcome["outcome"]) => ({ outcome, waitlistNumber: null, bookedAt })
  const { fingerprint, keyHash, passengers, pnr, waiting } = booked
  if (ledger.keys.has(keyHash)) {
    if (ledger.world.guarded("one row a key")) return refuse("duplicate")
  }
  if (ledger.isFenced(booked.epoch)) return refuse("fenced")
  if (ledger.isLate(booked.deadlineMillis, beganMillis)) return refuse("late")
  if (!waiting) {
    const seats = passengers.map(({ berth, number }) => ({ number, berth: berth ?? -1 }))
    const outcome = ledger.sell(booked, seats)
    if (outcome !== "sold") return refuse(outcome)
  }
  if (ledger.keys.has(keyHash)) violated("one key, one booking", `${keyHash} has two`)
  ledger.keys.set(keyHash, { fingerprint, pnr })
  const first = ledger.lastNumber + 1
  if (waiting) ledger.lastNumber += passengers.length
  ledger.bookings.set(pnr, {
    booked,
    createdMillis: beganMillis,
    epoch: booked.epoch,
    passengers: passengers.map((passenger, index) => ({
      ...passenger,
      movedFrom: null,
      state: waiting ? "WAITLISTED" : "CONFIRMED",
      waitlistNumber: waiting ? first + index : null
    })),
    entry: waiting
      ? { number: first, holdId: booked.holdId, passengers: passengers.length, state: "waiting", leaving: false }
      : undefined
  })
  return { outcome: "committed", waitlistNumber: waiting ? first : null, bookedAt }
}
