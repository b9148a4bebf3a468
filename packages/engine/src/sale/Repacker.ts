import type { Quota } from "@berth/domain/Quota"
import { firstChartMillis } from "@berth/domain/rules/ChartTime"
import { runBerthOf, slotOf } from "@berth/domain/RunId"
import type { RunPreparing, StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer, Metric, Semaphore } from "effect"
import { type ClassSnapshot, Inventory, type Party } from "../inventory/Inventory.ts"
import { PlacedSales, type SoldBerth } from "../ledger/PlacedSales.ts"
import { StoreClock } from "../ledger/StoreClock.ts"
import { passengersMoved } from "../metrics/SaleMetrics.ts"
import { RunLoader, takenOf } from "../seeding/RunLoader.ts"
import { type ClassComposition, classOfRun } from "../timetable/Compositions.ts"
import { legsOf } from "../timetable/Routes.ts"
import { type Run, RunDirectory } from "../timetable/RunDirectory.ts"
import { type Move, type PlanParty, type PlanPool, planRepack } from "./RepackPlan.ts"
import { fitsAsItIs, isNowhereFull, makeHopeless, viewOf } from "./Scattering.ts"

/** Callers of one run that wait for their turn to let somebody in; more are told that nothing can be done. */
const callersMax = 32

export interface Asking {
  readonly range: PlanParty["range"]
  readonly party: Party
}

export interface RoomWanted {
  readonly run: Run
  readonly composed: ClassComposition
  readonly quota: Quota
  /** Those who want in, in their order; those who wait come first. */
  readonly parties: ReadonlyArray<Asking>
}

/**
 * `moved`: somebody was, so that whoever found no room may ask again; `changed`: the run is not as the caller knew it;
 * `room`: the last of them has room as it is; `none`: nothing can be done for the last of them.
 */
export type RoomOutcome = "moved" | "changed" | "room" | "none"

/**
 * Gives passengers who chose no berth another of the same type, where that lets somebody in for whom every leg has a
 * berth and no berth has every leg. The record and Redis change in one step: the run is fenced off, the sales are moved,
 * and it is loaded as it is then, under a new epoch. Whatever dies in between leaves a run that is to be loaded.
 */
export class Repacker extends Context.Service<Repacker, {
  makeRoom(wanted: RoomWanted): Effect.Effect<RoomOutcome, StoreUnavailable>
}>()("@berth/engine/sale/Repacker") {
  static readonly layer = Layer.effect(Repacker, Effect.suspend(() => make))
}

const toPlanParty = ({ party, range }: Asking): PlanParty => ({
  passengers: party.wishes.length,
  range,
  sameCoach: party.sameCoach,
  lowerBerthsMin: party.lowerBerthsMin
})

/** Has no conditions but its number. */
const isPlain = ({ lowerBerthsMin, sameCoach }: PlanParty): boolean => !sameCoach && lowerBerthsMin === 0

const toPool = (
  { composed, quota, run }: RoomWanted,
  { freed, masks, taken }: ClassSnapshot,
  sold: ReadonlyArray<SoldBerth>
): PlanPool => {
  const legs = legsOf(run.route)
  const ofSales = takenOf(sold, legs)
  return {
    layout: classOfRun(composed, legs).layout,
    legs,
    mask: masks.get(quota) ?? new Uint8Array(),
    // Holds that are not written yet, and sales of which Redis does not know yet that they are cancelled.
    fixed: taken.map((byte, offset) => byte & ~(freed[offset] ?? 0) & ~(ofSales[offset] ?? 0)),
    sales: sold.map((sale) => ({
      saleId: sale.id,
      slot: slotOf(sale.berth),
      range: { from: sale.from, to: sale.to },
      party: sale.pnr,
      sameCoach: sale.sameCoach,
      movable: sale.movable && sale.quota === quota
    }))
  }
}

const make = Effect.gen(function*() {
  const inventory = yield* Inventory
  const placed = yield* PlacedSales
  const loader = yield* RunLoader
  const clock = yield* StoreClock
  const directory = yield* RunDirectory
  const hopeless = makeHopeless()
  const turns = new Map<number, { readonly turn: Semaphore.Semaphore; callers: number }>()

  const isCharted = ({ dayStart, route }: Run) =>
    clock.nowMillisUnsafe() >= firstChartMillis(dayStart, route.stops[0]?.departureSeconds ?? 0)

  const move = Effect.fnUntraced(
    function*({ composed: { travelClass }, run }: RoomWanted, moves: ReadonlyArray<Move>): Effect.fn.Return<
      RoomOutcome,
      StoreUnavailable | RunPreparing
    > {
      const berth = (slot: number) => runBerthOf(run.id, travelClass, slot)
      const moved = yield* loader.repack(
        run,
        run.gate.epoch,
        moves.map(({ from, saleId, to }) => ({ sale: saleId, from: berth(from), to: berth(to) }))
      )
      if (!moved) {
        yield* directory.forget(run)
        return "changed"
      }
      yield* Metric.update(passengersMoved, moves.length)
      return "moved"
    },
    Effect.catchTag("RunPreparing", () => Effect.succeed("changed" as const))
  )

  const attempt = Effect.fnUntraced(
    function*(wanted: RoomWanted): Effect.fn.Return<RoomOutcome, StoreUnavailable> {
      const { composed: { travelClass }, parties, quota, run } = wanted
      const snapshot = yield* inventory.snapshot(run, [travelClass])
      const found = snapshot?.classes.get(travelClass)
      // Perhaps by one whose turn was before.
      if (found === undefined || snapshot?.gate.epoch !== run.gate.epoch) {
        yield* directory.forget(run)
        return "changed"
      }
      const asked = parties.map(toPlanParty)
      const view = viewOf(found, quota, legsOf(run.route))
      const pool = [run.id, travelClass, quota, snapshot.gate.version].join()
      const fits = (party: PlanParty) => isPlain(party) && fitsAsItIs(view, party)
      const mayHelp = (party: PlanParty) => !fits(party) && isNowhereFull(view, party)
      const last = asked.at(-1)
      if (!asked.some(mayHelp) || hopeless.has(pool, view, asked)) {
        return last !== undefined && fits(last) ? "room" : "none"
      }
      const plan = planRepack(toPool(wanted, found, yield* placed.ofClass(run.id, travelClass)), asked)
      if (plan.moves.length > 0) {
        return yield* move(wanted, plan.moves)
      }
      hopeless.note(pool, view, asked)
      return plan.seated.at(-1) === true ? "room" : "none"
    }
  )

  const makeRoom = Effect.fn("Repacker.makeRoom")(
    function*(wanted: RoomWanted): Effect.fn.Return<RoomOutcome, StoreUnavailable> {
      const { run } = wanted
      const known = turns.get(run.id) ?? { turn: Semaphore.makeUnsafe(1), callers: 0 }
      if (!run.repack || isCharted(run) || known.callers >= callersMax) {
        return "none"
      }
      turns.set(run.id, known)
      known.callers++
      return yield* known.turn.withPermit(attempt(wanted)).pipe(
        Effect.ensuring(Effect.sync(() => {
          if (--known.callers === 0) {
            turns.delete(run.id)
          }
        }))
      )
    }
  )

  return Repacker.of({ makeRoom })
})
