import type { Pnr } from "@berth/domain/Pnr"
import { slotOf, travelClassOf } from "@berth/domain/RunId"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Effect, Option } from "effect"
import { Inventory } from "../inventory/Inventory.ts"
import { Cancellations, type Cancelled, type FreedSale, type LeavingParty } from "../ledger/Cancellations.ts"
import { classOfRun } from "../timetable/Compositions.ts"
import { legsOf } from "../timetable/Routes.ts"
import { RunDirectory } from "../timetable/RunDirectory.ts"
import { PromotionQueue } from "./PromotionQueue.ts"

/**
 * Frees in Redis what cancelled sales held, and notes it in the record. What does not succeed stays noted as unfreed and
 * is repeated by the sweep; Redis frees each sale once.
 */
export const freeLegs = Effect.fn("freeLegs")(function*(
  runId: number,
  epoch: number,
  freed: ReadonlyArray<FreedSale>
): Effect.fn.Return<void, StoreUnavailable, Inventory | Cancellations | RunDirectory | PromotionQueue> {
  if (freed.length === 0) {
    return
  }
  const cancellations = yield* Cancellations
  const saleIds = freed.map(({ id }) => id)
  const run = yield* (yield* RunDirectory).byId(runId)
  // A run that is not on sale has nothing left to free.
  if (Option.isNone(run)) {
    return yield* cancellations.freed(saleIds)
  }
  const { composition, date, route, trainId } = run.value
  const reply = yield* (yield* Inventory).release({
    run: { trainId, date },
    epoch,
    classes: [...composition.classes.values()].map((composed) => classOfRun(composed, legsOf(route))),
    freeings: freed.map(({ berth, from, id, to }) => ({
      saleId: id,
      travelClass: travelClassOf(berth),
      slot: slotOf(berth),
      range: { from, to }
    }))
  })
  if (reply !== "Early") {
    yield* cancellations.freed(saleIds)
    yield* (yield* PromotionQueue).wake(runId)
  }
})

/** Tells Redis how many of a party still wait, and notes in the record that it knows; else the sweep repeats it. */
export const leaveWaitlist = Effect.fn("leaveWaitlist")(function*(
  party: LeavingParty
): Effect.fn.Return<void, StoreUnavailable, Inventory | Cancellations | RunDirectory | PromotionQueue> {
  const cancellations = yield* Cancellations
  const { epoch, holdId, passengers, runId, travelClass } = party
  const run = yield* (yield* RunDirectory).byId(runId)
  if (Option.isNone(run)) {
    return yield* cancellations.left(party)
  }
  const reply = yield* (yield* Inventory).setWaiting({ run: run.value, epoch, travelClass, holdId, passengers })
  if (reply !== "Early") {
    yield* cancellations.left(party)
    yield* (yield* PromotionQueue).wake(runId)
  }
})

/** Tells Redis what a cancellation gave back. The record has it, so that the sweep tells it again where this fails. */
export const tellRedis = ({ epoch, freed, pnr, runId, travelClass, waiting }:
  & Pick<Cancelled, "epoch" | "freed" | "runId" | "travelClass" | "waiting">
  & { readonly pnr: Pnr }) =>
  Effect.all([
    freeLegs(runId, epoch, freed),
    waiting === null || travelClass === null
      ? Effect.void
      : leaveWaitlist({ pnr, runId, epoch, travelClass, ...waiting })
  ], { discard: true }).pipe(Effect.catchTag("StoreUnavailable", () => Effect.void))
