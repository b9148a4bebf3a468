import type { Money } from "@berth/domain/Money"
import { Context, type Effect, Schema } from "effect"

/** An amount under an id of ours, by which the gateway knows a repeat. */
export interface GatewayPayment {
  readonly id: string
  readonly amount: Money
}

/** The gateway gave no answer in time, or none that says what became of the call: it is to be made again. */
export class GatewayUnavailable extends Schema.TaggedError<GatewayUnavailable>()("GatewayUnavailable", {
  call: Schema.String
}) {
  override get message(): string {
    return `The payment gateway did not answer to ${this.call}. Ask it again under the same id.`
  }
}

/**
 * The payment gateway. Each call ends within seconds, is known by its id, and is made again until it is answered: a repeat
 * has the effect and the answer of the first.
 */
export class Payments extends Context.Service<Payments, {
  /** Sets an amount aside at the passenger's bank. */
  authorise(payment: GatewayPayment): Effect.Effect<"authorised" | "declined", GatewayUnavailable>
  /** Takes what was set aside. */
  capture(payment: GatewayPayment): Effect.Effect<void, GatewayUnavailable>
  /** Gives an amount back; what was only set aside, or not yet, is set free and cannot be taken any more. */
  refund(refund: GatewayPayment & { readonly of: GatewayPayment }): Effect.Effect<void, GatewayUnavailable>
}>()("@berth/engine/payment/Payments") {}
