import { IdempotencyConflict, SoldOut } from "@berth/domain/BookingErrors"
import { Overloaded, RunPreparing } from "@berth/domain/ServiceErrors"
import type { Order } from "./Order.ts"

export const conflict = new IdempotencyConflict({
  detail: "This Idempotency-Key was used for another booking. Use a new key for a new booking."
})

export const soldOut = ({ request }: Order) =>
  new SoldOut({
    trainId: request.trainId,
    date: request.date,
    travelClass: request.travelClass,
    quota: request.quota,
    detail: request.conditions?.onlyIfConfirmed === true
      ? `Class ${request.travelClass} has no berths left for the whole party under its conditions.`
      : `Class ${request.travelClass} is sold out in quota ${request.quota}, and its waitlist takes no more.`
  })

export const tooLate = new Overloaded({
  retryAfterSeconds: 1,
  detail: "The booking could not be made in time, and was not made. Try again in a second with the same key."
})

/** The run changed each time that it was tried. */
export const beingChanged = ({ run }: Order) =>
  new RunPreparing({
    trainId: run.trainId,
    date: run.date,
    retryAfterSeconds: 1,
    detail: `Train ${run.trainId} of ${run.date} is being changed. Try again in a second.`
  })
