import { ofPaise } from "@berth/domain/Money"
import type { RunPreparing, StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer } from "effect"
import { type DuePayment, PaymentRecords, type PaymentState } from "../ledger/PaymentRecords.ts"
import { LateSeating } from "./LateSeating.ts"
import { type GatewayUnavailable, Payments } from "./Payments.ts"

/** An amount as the gateway is told it. */
export const toGatewayPayment = ({ amountPaise, gatewayId }: Pick<DuePayment, "amountPaise" | "gatewayId">) => ({
  id: gatewayId,
  amount: ofPaise(amountPaise)
})

/** Brings a payment to its end, whoever asks and however often: the gateway's answer, then what it means for the berths. */
export class Settlement extends Context.Service<Settlement, {
  /** Answers how the payment stands then. */
  settle(payment: DuePayment): Effect.Effect<PaymentState, GatewayUnavailable | RunPreparing | StoreUnavailable>
}>()("@berth/engine/payment/Settlement") {
  static readonly layer = Layer.effect(
    Settlement,
    Effect.gen(function*() {
      const gateway = yield* Payments
      const records = yield* PaymentRecords
      const lateSeating = yield* LateSeating

      return Settlement.of({
        settle: Effect.fn("Settlement.settle")(function*(payment) {
          const answer = yield* gateway.authorise(toGatewayPayment(payment))
          const accepted = answer === "authorised"
          const state = yield* records.answer(payment.id, accepted)
          if (state !== "late") {
            return state
          }
          return (yield* lateSeating.seat(payment))
            ? yield* records.answer(payment.id, accepted)
            : yield* records.giveUp(payment.id)
        })
      })
    })
  )
}
