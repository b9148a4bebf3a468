import type { CoachLayout } from "@berth/domain/CoachLayout"
import { JourneyDate } from "@berth/domain/JourneyDate"
import type { Quota } from "@berth/domain/Quota"
import { TrainId } from "@berth/domain/TrainId"
import { Effect } from "effect"
import type { AllocateRequest, ClassOfRun, LoadRun, Party, RunRef } from "../../src/inventory/Inventory.ts"

/** Two bays a coach, the second short, so that a few bookings meet every corner. */
export const layout: CoachLayout = {
  travelClass: "2A",
  coachPrefix: "A",
  berthsPerCoach: 7,
  bay: ["LB", "UB", "LB", "SU"]
}

export const legs = 4

export const quotas: ReadonlyArray<Quota> = ["GN", "TQ"]

export const classOfRun: ClassOfRun = { layout, legs, quotas }

/** Coaches A1 to A3: the general quota has two of them and a bay of the third, tatkal the last bay. */
export const masks: ReadonlyMap<Quota, Uint8Array> = new Map([
  ["GN", Uint8Array.of(15, 7, 15, 7, 15)],
  ["TQ", Uint8Array.of(0, 0, 0, 0, 0, 7)]
])

export const gate = { epoch: 1, version: 1 }

let trains = 0

/** A run that no other test uses. */
export const newRun: Effect.Effect<RunRef> = Effect.sync(() => ({
  trainId: TrainId.make(`T${++trains}`),
  date: JourneyDate.make("2026-12-05")
}))

export const loadOf = (run: RunRef): LoadRun => ({
  run,
  gate,
  classes: [{ classOfRun, masks, taken: new Uint8Array(), waiting: [] }]
})

export const party = (wishes: Party["wishes"], conditions: Partial<Party> = {}): Party => ({
  wishes,
  sameCoach: false,
  lowerBerthsMin: 0,
  ...conditions
})

export const requestOf = (run: RunRef, holdId: string, changes: Partial<AllocateRequest> = {}): AllocateRequest => ({
  run,
  gate,
  classOfRun,
  quota: "GN",
  range: { from: 0, to: legs },
  holdId,
  fingerprint: "print",
  party: party(["any"]),
  waitlistMax: 0,
  tellsScattered: false,
  firstTry: true,
  settled: [],
  ...changes
})
