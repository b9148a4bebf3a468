import type { CurrentUser } from "@berth/domain/Auth"
import type { cancelErrors } from "@berth/domain/BerthApi"
import type { Cancellation } from "@berth/domain/Booking"
import { BookingNotFound, NothingToCancel } from "@berth/domain/BookingErrors"
import { ofPaise } from "@berth/domain/Money"
import type { Pnr } from "@berth/domain/Pnr"
import { may } from "@berth/domain/rules/Permissions"
import { Context, Effect, Layer, Option } from "effect"
import type { Inventory } from "../inventory/Inventory.ts"
import { Bookings } from "../ledger/Bookings.ts"
import { Cancellations } from "../ledger/Cancellations.ts"
import type { RunDirectory } from "../timetable/RunDirectory.ts"
import { tellRedis } from "./FreedLegs.ts"
import type { PromotionQueue } from "./PromotionQueue.ts"

type CancelError = InstanceType<(typeof cancelErrors)[number]>

/** Cancels passengers: in the record first, then in Redis, so that a berth is free only when nobody has it. */
export class Cancel extends Context.Service<Cancel, {
  cancel(options: {
    readonly caller: CurrentUser["Service"]
    readonly pnr: Pnr
    /** Numbers of passengers; everybody where absent. */
    readonly passengers: ReadonlyArray<number> | undefined
  }): Effect.Effect<Cancellation, CancelError>
}>()("@berth/engine/sale/Cancel") {
  static readonly layer = Layer.effect(Cancel, Effect.suspend(() => make))
}

export const bookingNotFound = (pnr: Pnr) =>
  new BookingNotFound({ pnr, detail: `You have no booking ${pnr}. Your bookings are at /api/bookings.` })

const make = Effect.gen(function*() {
  const bookings = yield* Bookings
  const cancellations = yield* Cancellations
  const services = yield* Effect.context<Inventory | Cancellations | RunDirectory | PromotionQueue>()

  const cancel = Effect.fn("Cancel.cancel")(function*({ caller, passengers, pnr }: {
    readonly caller: CurrentUser["Service"]
    readonly pnr: Pnr
    readonly passengers: ReadonlyArray<number> | undefined
  }) {
    const forUser = may(caller, "see and cancel any booking") ? null : caller.userId
    const result = yield* cancellations.cancel({
      pnr,
      caller: caller.userId,
      forUser,
      passengers: passengers === undefined ? null : [...new Set(passengers)]
    })
    if (Option.isNone(result)) {
      return yield* bookingNotFound(pnr)
    }
    if (result.value.unpaid) {
      return yield* new NothingToCancel({
        pnr,
        detail: `Booking ${pnr} is held and not paid yet. Cancel all of it, or pay first.`
      })
    }
    if (result.value.cancelled.length === 0) {
      return yield* new NothingToCancel({
        pnr,
        detail: passengers === undefined
          ? `Booking ${pnr} is cancelled already.`
          : `Booking ${pnr} has no such passengers, or they are cancelled already; nobody was cancelled.`
      })
    }
    const { epoch, freed, refundPaise, runId, travelClass, waiting } = result.value
    yield* tellRedis({ pnr, runId, epoch, travelClass, freed, waiting }).pipe(Effect.provide(services))
    const booking = yield* bookings.find({ pnr, forUser })
    return Option.isSome(booking)
      ? { booking: booking.value, refund: ofPaise(refundPaise) }
      : yield* Effect.die(new Error(`booking ${pnr} was cancelled and is not in the record`))
  }, Effect.uninterruptible)

  return Cancel.of({ cancel })
})
