import type { CurrentUser } from "@berth/domain/Auth"
import { addDays, JourneyDate } from "@berth/domain/JourneyDate"
import type { LegRange } from "@berth/domain/LegRange"
import type { Quota } from "@berth/domain/Quota"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { runIdOf } from "@berth/domain/RunId"
import { StationCode } from "@berth/domain/StationCode"
import { TrainId } from "@berth/domain/TrainId"
import { UserId } from "@berth/domain/UserId"
import type { Route } from "../../src/timetable/Routes.ts"

/** The one run of a simulation: small, so that everything meets on the same few berths. */
export const legs = 3
/** Berths that a configuration may have: two bays of sleepers. */
export const slotsMax = 10
export const travelClass = "SL"
export const layout = coachLayouts[travelClass]
/** Passengers that may wait at once. */
export const waitlistMax = 6

export const trainId = TrainId.make("T1")
export const trainNumber = 1
export const timeZone = "Asia/Kolkata"
export const today = JourneyDate.make("2026-12-01")
export const date = addDays(today, 10)
export const runId = runIdOf(trainNumber, date)
export const runRef = { trainId, date }

export const stations = ["AAA", "BBB", "CCC", "DDD"].map((code) => StationCode.make(code))

export const route: Route = {
  id: "route",
  stops: stations.map((code, index) => ({
    code,
    name: code,
    arrivalSeconds: 36_000 + 3600 * index,
    departureSeconds: 36_300 + 3600 * index,
    metres: 50_000 * index
  })),
  stopIndex: new Map(stations.map((code, index) => [code, index]))
}

export const traveller: CurrentUser["Service"] = { userId: UserId.make("traveller"), role: "passenger" }

export const quotas = ["GN", "TQ"] as const satisfies ReadonlyArray<Quota>

/** Legs of a range as bits. */
export const legBits = ({ from, to }: LegRange): number => (1 << to) - (1 << from)

/** Legs of berths as bits, by slot, to bytes `[bay][leg]`. */
export const toBayBytes = (bySlot: ReadonlyArray<number>): Uint8Array => {
  const bays = Math.floor(bySlot.findLastIndex((bits) => bits !== 0) / 8) + 1
  const bytes = new Uint8Array(bays * legs)
  bySlot.forEach((bits, slot) => {
    for (let leg = 0; leg < legs; leg++) {
      const at = Math.floor(slot / 8) * legs + leg
      if ((bits & (1 << leg)) !== 0) bytes[at] = (bytes[at] ?? 0) | (1 << slot % 8)
    }
  })
  return bytes
}

export const fromBayBytes = (bytes: Uint8Array): Array<number> =>
  Array.from({ length: slotsMax }, (_, slot) => {
    let bits = 0
    for (let leg = 0; leg < legs; leg++) {
      if (((bytes[Math.floor(slot / 8) * legs + leg] ?? 0) & (1 << slot % 8)) !== 0) bits |= 1 << leg
    }
    return bits
  })

export const slotsOfMask = (mask: Uint8Array): Array<number> =>
  Array.from({ length: slotsMax }, (_, slot) => slot).filter((slot) =>
    ((mask[Math.floor(slot / 8)] ?? 0) & (1 << slot % 8)) !== 0
  )

export const maskOfSlots = (slots: ReadonlyArray<number>): Uint8Array => {
  const mask = new Uint8Array(Math.ceil((Math.max(-1, ...slots) + 1) / 8))
  for (const slot of slots) mask[Math.floor(slot / 8)] = (mask[Math.floor(slot / 8)] ?? 0) | (1 << slot % 8)
  return mask
}
