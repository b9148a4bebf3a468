import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer } from "effect"
import type { Inventory } from "../inventory/Inventory.ts"
import type { Cancellations } from "../ledger/Cancellations.ts"
import { HeldBookings } from "../ledger/HeldBookings.ts"
import { counter, note } from "../metrics/Series.ts"
import type { RunDirectory } from "../timetable/RunDirectory.ts"
import { tellRedis } from "./FreedLegs.ts"
import type { PromotionQueue } from "./PromotionQueue.ts"

const expired = counter(
  "berth_holds_expired_total",
  "Bookings that were not paid in time and gave their berths back"
)

/** Ends holds that were not paid in time; what they gave back goes the way of every cancellation. */
export class HoldExpiry extends Context.Service<HoldExpiry, {
  /** Ends every hold whose time is over. Two at once do no harm. */
  readonly expire: Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/sale/HoldExpiry") {
  static readonly layer = Layer.effect(
    HoldExpiry,
    Effect.gen(function*() {
      const held = yield* HeldBookings
      const services = yield* Effect.context<Inventory | Cancellations | RunDirectory | PromotionQueue>()
      const expireSome = Effect.gen(function*() {
        const ended = yield* held.expire
        yield* Effect.forEach(ended, tellRedis, { discard: true })
        note(expired, ended.length)
        return ended.length
      }).pipe(Effect.provide(services), Effect.uninterruptible)

      return HoldExpiry.of({
        expire: Effect.repeat(expireSome, { while: (count) => count > 0 }).pipe(
          Effect.asVoid,
          Effect.withSpan("HoldExpiry.expire")
        )
      })
    })
  )
}
