import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Effect } from "effect"
import type { Desk } from "./BookingAttempt.ts"
import { type Order, partyOf } from "./Order.ts"
import { toWaitingParty } from "./Promoter.ts"

/**
 * Gives others another berth so that an order fits for which no leg is full; answers whether it is worth asking again.
 * Whoever waits gets in first. A run that was loaded is kept back for them until the promoter has passed.
 */
export const makeRoomFor = Effect.fn("makeRoomFor")(function*(
  { promoter, repacker, waitlist }: Pick<Desk, "promoter" | "repacker" | "waitlist">,
  order: Order
): Effect.fn.Return<boolean, StoreUnavailable> {
  const { composition, journey: { range }, request: { quota }, run } = order
  const waiting = yield* waitlist.waiting(run.id)
  const before = quota === "GN" ? waiting.filter(({ travelClass }) => travelClass === composition.travelClass) : []
  const outcome = yield* repacker.makeRoom({
    run,
    composed: composition,
    quota,
    parties: [...before.map(toWaitingParty), { range, party: partyOf(order) }]
  })
  if (outcome !== "none" && waiting.length > 0) {
    yield* promoter.promote(run.id)
  }
  return outcome !== "none"
})
