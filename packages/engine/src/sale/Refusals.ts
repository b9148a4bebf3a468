import { IdempotencyConflict, SoldOut } from "@berth/domain/BookingErrors"
import { Overloaded, RunPreparing } from "@berth/domain/ServiceErrors"
import type { Order } from "./Order.ts"

export const conflict = new IdempotencyConflict({
  detail: "This Idempotency-Key was used for another booking. Use a new key for a new booking."
})

// By the run: an error takes longer to make than a crowd takes to be refused with it.
const known = new WeakMap<Order["run"], Map<string, SoldOut>>()

export const soldOut = ({ request, run }: Order): SoldOut => {
  const { conditions, date, quota, trainId, travelClass } = request
  const onlyIfConfirmed = conditions?.onlyIfConfirmed === true
  const name = `${travelClass} ${quota} ${onlyIfConfirmed}`
  const ofRun = known.get(run) ?? new Map<string, SoldOut>()
  known.set(run, ofRun)
  const refusal = ofRun.get(name) ?? new SoldOut({
    trainId,
    date,
    travelClass,
    quota,
    detail: onlyIfConfirmed
      ? `Class ${travelClass} has no berths left for the whole party under its conditions.`
      : `Class ${travelClass} is sold out in quota ${quota}, and its waitlist takes no more.`
  })
  ofRun.set(name, refusal)
  return refusal
}

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
