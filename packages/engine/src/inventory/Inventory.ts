import type { BerthType } from "@berth/domain/BerthType"
import type { CoachLayout } from "@berth/domain/CoachLayout"
import type { JourneyDate } from "@berth/domain/JourneyDate"
import type { LegRange } from "@berth/domain/LegRange"
import type { Quota } from "@berth/domain/Quota"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TrainId } from "@berth/domain/TrainId"
import type { TravelClass } from "@berth/domain/TravelClass"
import type { Effect } from "effect"
import { Context } from "effect"
import type { RunGate } from "./RunGate.ts"

/** A run as its keys name it. */
export interface RunRef {
  readonly trainId: TrainId
  readonly date: JourneyDate
}

/** What scripts must know of a class of a run: where its berths stand, and which pools it has ever had. */
export interface ClassOfRun {
  readonly layout: CoachLayout
  readonly legs: number
  /** Every quota that any berth of the class has, retired ones too. */
  readonly quotas: ReadonlyArray<Quota>
}

/** Whom the script seats, and on what terms. */
export interface Party {
  /** One a passenger, in the order sent. A wish that cannot be met is dropped, unless `lowerBerthsMin` asks for it. */
  readonly wishes: ReadonlyArray<BerthType | "any">
  readonly sameCoach: boolean
  /** How many of the party must get a lower berth, else nobody is seated. */
  readonly lowerBerthsMin: number
}

export interface AllocateRequest {
  readonly run: RunRef
  readonly gate: RunGate
  readonly classOfRun: ClassOfRun
  readonly quota: Quota
  readonly range: LegRange
  /** A hash: letters, digits, `-` and `_`, as Redis keeps it between other fields. So is the fingerprint. */
  readonly holdId: string
  /** Hash of the request's body; the same hold id with another one is a conflict. */
  readonly fingerprint: string
  readonly party: Party
  /** Passengers that may wait in this class and quota at once; 0 where the party may not wait. */
  readonly waitlistMax: number
  /** Where the party does not fit and no leg is full: answer `Scattered` and write nothing. */
  readonly tellsScattered: boolean
  /** Whether the caller will have a promoter pass where one must; else the party waits there, where it may. */
  readonly firstTry: boolean
  /** Holds of the run that the ledger has at the gate's epoch. What is not told here, the sweep finds out. */
  readonly settled: ReadonlyArray<string>
}

export type AllocateReply =
  /** Seated: slots in the order of the wishes. `known` when an earlier call with this hold id seated them. */
  | { readonly _tag: "Held"; readonly slots: ReadonlyArray<number>; readonly gate: RunGate; readonly known: boolean }
  /** Does not fit and is marked as waiting, so that what is freed from now on is kept for those who wait. */
  | { readonly _tag: "Waiting"; readonly gate: RunGate; readonly known: boolean }
  /** Does not fit and may not wait. Nothing was written. */
  | { readonly _tag: "Full"; readonly free: number }
  /** Does not fit, although every leg has berths enough for it; others would have to be given another berth. */
  | { readonly _tag: "Scattered" }
  /** Fits, but somebody who waits may have to come first: a promoter must pass. Nothing was written. */
  | { readonly _tag: "Behind" }
  /** The hold id was used with another fingerprint. */
  | { readonly _tag: "Conflict" }
  /** The hold was ended (released or expired) before; it cannot come back. */
  | { readonly _tag: "Ended" }
  /** The gate is another: `null` where the run is not in Redis. */
  | { readonly _tag: "Gate"; readonly gate: RunGate | null }
  /** The call came too late to be waited for, or for its hold to be written. Nothing was written. */
  | { readonly _tag: "Late" }

/** Legs of a berth to free, named by the sale that held them. */
export interface Freeing {
  readonly saleId: number
  readonly travelClass: TravelClass
  readonly slot: number
  readonly range: LegRange
}

/** `Applied`; `Stale`: a later epoch already shows it; `Early`: the run is not loaded at that epoch yet, so repeat. */
export type FenceReply = "Applied" | "Stale" | "Early"

/** `Awaited`: applied, and somebody waits in one of the classes, who may have a berth now. */
export type ConfigReply = FenceReply | "Awaited"

/** What becomes of a hold when the ledger has been asked. */
export type HoldVerdict =
  /** The ledger has it: keep its berths, and a receipt. */
  | { readonly _tag: "Settle"; readonly holdId: string }
  /** The ledger will never have it: free its berths, or take it off the waiting; keep a receipt that it ended. */
  | { readonly _tag: "Drop"; readonly holdId: string }
  /** A promotion that was not committed: free its berths, and let the party wait on. */
  | { readonly _tag: "Park"; readonly holdId: string; readonly passengers: number }

export interface LiveHold {
  readonly holdId: string
  readonly state: "held" | "waiting"
  readonly travelClass: TravelClass
  readonly range: LegRange
  readonly slots: ReadonlyArray<number>
}

/** A party of the waitlist, in the waitlist's order. */
export interface WaitingParty {
  readonly holdId: string
  readonly range: LegRange
  readonly party: Party
}

export interface PromoteReply {
  readonly _tag: "Promoted"
  readonly seated: ReadonlyArray<{ readonly holdId: string; readonly slots: ReadonlyArray<number> }>
  /** False while somebody waits whom the caller did not name; then what is left over is kept, and the caller asks again. */
  readonly cleared: boolean
  readonly gate: RunGate
}

/** The berths of a class that are for sale, by quota: one byte a bay, a bit a berth. */
export type QuotaMasks = ReadonlyMap<Quota, Uint8Array>

export interface LoadRun {
  readonly run: RunRef
  readonly gate: RunGate
  readonly classes: ReadonlyArray<{
    readonly classOfRun: ClassOfRun
    readonly masks: QuotaMasks
    /** Bits taken according to the ledger, `[bay][leg]`, cut after the last bay in use. */
    readonly taken: Uint8Array
    readonly waiting: ReadonlyArray<{
      readonly holdId: string
      readonly quota: Quota
      readonly passengers: number
      readonly range: LegRange
    }>
  }>
}

/** One class of a run as Redis has it. */
export interface ClassSnapshot {
  readonly masks: QuotaMasks
  /** `[bay][leg]`, cut after the last bay opened: 1 is taken, by a sale, a hold, or set aside for those who wait. */
  readonly taken: Uint8Array
  /** Set aside for those who wait; always part of `taken`. */
  readonly freed: Uint8Array
  readonly waitingParties: number
  readonly waitingPassengers: number
}

export interface RunSnapshot {
  readonly gate: RunGate
  readonly classes: ReadonlyMap<TravelClass, ClassSnapshot>
}

/**
 * The berths of every run in Redis: who may try to buy what. It decides within an epoch, is thrown away and loaded again
 * at will, and is never the record.
 */
export class Inventory extends Context.Service<Inventory, {
  /** Seats a whole party or nobody, in one call. */
  allocate(request: AllocateRequest): Effect.Effect<AllocateReply, StoreUnavailable>
  /** Frees what cancelled sales held, each sale once; `epoch` is the one that the cancelling commit read. */
  release(options: {
    readonly run: RunRef
    readonly epoch: number
    readonly classes: ReadonlyArray<ClassOfRun>
    readonly freeings: ReadonlyArray<Freeing>
  }): Effect.Effect<FenceReply, StoreUnavailable>
  /** Ends holds by what the ledger says of them. Repeating a verdict changes nothing. */
  judge(options: {
    readonly run: RunRef
    readonly epoch: number
    readonly classes: ReadonlyArray<ClassOfRun>
    readonly verdicts: ReadonlyArray<HoldVerdict>
    /** Of holds that `overdue` listed: leaves alone those whose deadline has not passed for so long, any more. */
    readonly graceMillis?: number
  }): Effect.Effect<FenceReply, StoreUnavailable>
  /** Says how many of a party still wait; 0 takes it off. One that is being promoted waits on with no more than these. */
  setWaiting(options: {
    readonly run: RunRef
    readonly epoch: number
    readonly travelClass: TravelClass
    readonly holdId: string
    readonly passengers: number
  }): Effect.Effect<FenceReply, StoreUnavailable>
  /** Seats those who wait from free and freed legs, in order; then clears what nobody waiting can use. */
  promote(options: {
    readonly run: RunRef
    readonly gate: RunGate
    readonly classOfRun: ClassOfRun
    readonly quota: Quota
    readonly waiting: ReadonlyArray<WaitingParty>
  }): Effect.Effect<PromoteReply | { readonly _tag: "Gate"; readonly gate: RunGate | null }, StoreUnavailable>
  /** Puts a newer seat configuration into effect; berths added go to those who wait first. */
  applyConfig(options: {
    readonly run: RunRef
    readonly gate: RunGate
    readonly classes: ReadonlyArray<{ readonly classOfRun: ClassOfRun; readonly masks: QuotaMasks }>
  }): Effect.Effect<ConfigReply, StoreUnavailable>
  /** Loads and publishes runs, each in one call; one whose stored epoch is not lower is left alone (false). */
  load(runs: ReadonlyArray<LoadRun>): Effect.Effect<ReadonlyArray<boolean>, StoreUnavailable>
  /** Forgets a run that will not be sold any more; its classes with every quota that they ever had. */
  unload(run: RunRef, classes: ReadonlyArray<ClassOfRun>): Effect.Effect<void, StoreUnavailable>
  /** The run as it stands, or null where it is not in Redis. */
  snapshot(run: RunRef, travelClasses: ReadonlyArray<TravelClass>): Effect.Effect<RunSnapshot | null, StoreUnavailable>
  /** The same for those who only look: as Redis last said, but never from before what was last done from here. */
  recentSnapshot(
    run: RunRef,
    travelClasses: ReadonlyArray<TravelClass>
  ): Effect.Effect<RunSnapshot | null, StoreUnavailable>
  /** The same where it is at hand; undefined where Redis would have to be asked. */
  peekSnapshot(run: RunRef, travelClasses: ReadonlyArray<TravelClass>): RunSnapshot | null | undefined
  /** How many changes of any run were told so far; undefined where nobody tells. */
  changesTold(): number | undefined
  /** Runs for which Redis has holds or receipts of holds. */
  readonly runsHeld: Effect.Effect<ReadonlyArray<RunRef>, StoreUnavailable>
  /** Holds whose deadline has passed for at least the given time and of which the ledger has not been asked. */
  overdue(run: RunRef, graceMillis: number): Effect.Effect<ReadonlyArray<LiveHold>, StoreUnavailable>
}>()("@berth/engine/inventory/Inventory") {}
