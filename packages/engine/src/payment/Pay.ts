import type { CurrentUser } from "@berth/domain/Auth"
import type { payErrors } from "@berth/domain/BerthApi"
import type { Booking } from "@berth/domain/Booking"
import { HoldExpired, NothingToPay, PaymentDeclined, PaymentPending } from "@berth/domain/BookingErrors"
import type { Pnr } from "@berth/domain/Pnr"
import { may } from "@berth/domain/rules/Permissions"
import type { UserId } from "@berth/domain/UserId"
import { Context, Effect, Layer, Option } from "effect"
import { Bookings } from "../ledger/Bookings.ts"
import { type DuePayment, PaymentRecords } from "../ledger/PaymentRecords.ts"
import { bookingNotFound } from "../sale/Cancel.ts"
import { Settlement, toGatewayPayment } from "./Settlement.ts"

type PayError = InstanceType<(typeof payErrors)[number]>

/**
 * Pays for bookings that are held. The PNR names the one payment that there can be, so a repeat joins it or gets its answer.
 * Whoever goes away in between leaves it to the jobs that the payment was written down with.
 */
export class Pay extends Context.Service<Pay, {
  pay(options: { readonly caller: CurrentUser["Service"]; readonly pnr: Pnr }): Effect.Effect<Booking, PayError>
}>()("@berth/engine/payment/Pay") {
  static readonly layer = Layer.effect(Pay, Effect.suspend(() => make))
}

const pending = (pnr: Pnr) =>
  new PaymentPending({
    pnr,
    retryAfterSeconds: 2,
    detail: `The payment for booking ${pnr} is under way. Ask again in 2 seconds; nobody pays twice.`
  })

const expired = (pnr: Pnr) =>
  new HoldExpired({
    pnr,
    detail: `Booking ${pnr} is not held any more. What was paid too late goes back. Book again.`
  })

const nothingToPay = (pnr: Pnr, why: string) => new NothingToPay({ pnr, detail: `Booking ${pnr} ${why}.` })

const make = Effect.gen(function*() {
  const bookings = yield* Bookings
  const records = yield* PaymentRecords
  const { settle } = yield* Settlement

  const paid = Effect.fnUntraced(function*(pnr: Pnr, forUser: UserId | null) {
    const booking = yield* bookings.find({ pnr, forUser })
    return Option.isSome(booking)
      ? booking.value
      : yield* Effect.die(new Error(`booking ${pnr} was paid and is not in the record`))
  })

  const finish = Effect.fnUntraced(function*(payment: DuePayment, forUser: UserId | null) {
    const { pnr } = payment
    const state = yield* settle(payment).pipe(
      Effect.catchTags({
        GatewayUnavailable: () => Effect.fail(pending(pnr)),
        RunPreparing: () => Effect.fail(pending(pnr))
      })
    )
    switch (state) {
      case "authorised":
      case "captured":
        return yield* paid(pnr, forUser)
      case "failed":
        return yield* new PaymentDeclined({
          pnr,
          amountDue: toGatewayPayment(payment).amount,
          detail: `The payment for booking ${pnr} was declined. Pay in another way before the hold ends.`
        })
      case "voiding":
      case "voided":
        return yield* expired(pnr)
      case "pending":
      case "late":
        return yield* pending(pnr)
    }
  })

  const pay = Effect.fn("Pay.pay")(function*({ caller, pnr }: {
    readonly caller: CurrentUser["Service"]
    readonly pnr: Pnr
  }) {
    const forUser = may(caller, "see and cancel any booking") ? null : caller.userId
    const begun = yield* records.begin({ pnr, forUser })
    if (Option.isNone(begun)) {
      return yield* bookingNotFound(pnr)
    }
    const { outcome, payment } = begun.value
    switch (outcome) {
      case "paid":
        return yield* paid(pnr, forUser)
      case "begun":
        return payment === null
          ? yield* Effect.die(new Error(`a payment for ${pnr} was begun and is not there`))
          : yield* finish(payment, forUser)
      case "expired":
        return yield* expired(pnr)
      case "released":
        return yield* nothingToPay(pnr, "was cancelled before it was paid")
      case "unheld":
        return yield* nothingToPay(pnr, "was not made to be paid later")
    }
  })

  return Pay.of({ pay })
})
