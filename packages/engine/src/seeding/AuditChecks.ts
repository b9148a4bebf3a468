import { berthAt, type CoachLayout } from "@berth/domain/CoachLayout"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { takenBays } from "../inventory/BayBits.ts"
import type { DumpedHold, DumpedPool, RunDump } from "../inventory/RunDump.ts"
import type { AuditedRun } from "../ledger/AuditRows.ts"
import type { HoldFact } from "../ledger/HoldFacts.ts"
import type { SoldLegs, WaitingHold } from "../ledger/RunEpochs.ts"
import { keyHashOfHold } from "../sale/BookingKey.ts"
import { verdictOn } from "../sale/Sweeper.ts"
import type { ClassComposition, Composition } from "../timetable/Compositions.ts"
import { takenOf } from "./RunLoader.ts"

/** Both sides of something on which two sides should agree. */
export interface Disagreement {
  readonly subject: string
  readonly one: string
  readonly other: string
}

/** Names listed of a difference; more would not help anybody to find its cause. */
const namesMax = 12

const disagree = (subject: string, redis: string, record: string): ReadonlyArray<Disagreement> =>
  redis === record ? [] : [{ subject, one: `Redis: ${redis}`, other: `record: ${record}` }]

const list = (names: ReadonlyArray<string>): string =>
  names.length === 0
    ? "none"
    : [...names.slice(0, namesMax), ...names.length > namesMax ? [`and ${names.length - namesMax} more`] : []].join(
      ", "
    )

/** Lists what the one side has and the other has not. */
const difference = (
  subject: string,
  redis: ReadonlyArray<string>,
  record: ReadonlyArray<string>
): ReadonlyArray<Disagreement> => {
  const [inRedis, inRecord] = [new Set(redis), new Set(record)]
  return disagree(
    subject,
    list(redis.filter((name) => !inRecord.has(name))),
    list(record.filter((name) => !inRedis.has(name)))
  )
}

export const compareGate = (dump: RunDump, run: AuditedRun): ReadonlyArray<Disagreement> => [
  ...disagree("epoch", String(dump.gate.epoch), String(run.epoch)),
  ...disagree("version of the seat configuration", String(dump.gate.version), String(run.version)),
  ...disagree("version noted as applied", String(dump.gate.version), String(run.appliedVersion))
]

const noBytes = new Uint8Array()

const equalBytes = (one: Uint8Array, other: Uint8Array = noBytes): boolean => Buffer.compare(one, other) === 0

/** Whether two strings of bits say the same: bytes that the one has not are zero. */
const sameBits = (one: Uint8Array, other: Uint8Array): boolean => {
  const [short, long] = one.length < other.length ? [one, other] : [other, one]
  return equalBytes(short, long.subarray(0, short.length)) && long.subarray(short.length).every((byte) => byte === 0)
}

/** Lists the bits by which two sides differ. Names are made where they do: to name every berth took most of a comparison. */
const bitDifference = (
  subject: string,
  redis: Uint8Array,
  record: Uint8Array,
  names: (bytes: Uint8Array) => ReadonlyArray<string>
): ReadonlyArray<Disagreement> => sameBits(redis, record) ? [] : difference(subject, names(redis), names(record))

const shared = (one: Uint8Array, other: Uint8Array): Uint8Array =>
  one.map((byte, offset) => byte & (other[offset] ?? 0))

/** Whether Redis has of a run what a load of one gives it that nobody has booked: a gate, and what is for sale. */
export const isAsLoaded = (dump: RunDump | null, run: AuditedRun, { classes, version }: Composition): boolean =>
  dump !== null && compareGate(dump, run).length === 0 && dump.gate.version === version && dump.holds.length === 0 &&
  [...dump.classes].every(([travelClass, found]) =>
    [...found.taken, ...found.freed].every((byte) => byte === 0) &&
    [...found.pools].every(([quota, { mask, waitingParties }]) =>
      waitingParties === 0 && equalBytes(mask, classes.get(travelClass)?.masks.get(quota))
    )
  )

/** Bits as names: `S1-5 on leg 2`. */
const bitNames = (layout: CoachLayout, legs: number, bytes: Uint8Array): ReadonlyArray<string> =>
  [...bytes].flatMap((byte, offset) =>
    byte === 0
      ? []
      : slotsOf(byte, Math.floor(offset / legs)).map((slot) => `${berthAt(layout, slot).name} on leg ${offset % legs}`)
  )

const slotsOf = (byte: number, bay: number): ReadonlyArray<number> =>
  Array.from({ length: 8 }, (_, position) => 8 * bay + position).filter((_, position) => (byte >> position) % 2 === 1)

const union = (...sides: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(Math.max(...sides.map(({ length }) => length)))
  for (const side of sides) {
    side.forEach((byte, offset) => {
      all[offset] = (all[offset] ?? 0) | byte
    })
  }
  return all
}

/** Holds that have berths of which the record does not say that they are sold, now or ever. */
const isOpen = (hold: DumpedHold, facts: ReadonlyMap<string, HoldFact>, epoch: number): boolean =>
  hold.state === "held"
  && verdictOn({ ...hold, state: "held" }, facts.get(keyHashOfHold(hold.holdId)), epoch)._tag !== "Settle"

export interface ClassCheck {
  readonly dump: RunDump
  readonly legs: number
  readonly composed: ClassComposition
  readonly sold: ReadonlyArray<SoldLegs>
  readonly facts: ReadonlyMap<string, HoldFact>
  /** Whether Redis shows the version of the seat configuration that `composed` is of. */
  readonly sameVersion: boolean
}

/** Compares the berths of a class: taken, for sale, untouched. */
export const compareClass = (check: ClassCheck): ReadonlyArray<Disagreement> => {
  const { composed: { masks, travelClass }, dump, facts, legs, sameVersion, sold } = check
  const layout = coachLayouts[travelClass]
  const found = dump.classes.get(travelClass)
  if (found === undefined) {
    return []
  }
  const held = dump.holds.filter((hold) => hold.travelClass === travelClass && isOpen(hold, facts, dump.gate.epoch))
    .flatMap(({ range: { from, to }, slots }) => slots.map((slot) => ({ berth: slot, from, to })))
  const names = (bytes: Uint8Array) => bitNames(layout, legs, bytes)
  const occupied = union(takenOf(sold, legs), takenOf(held, legs))
  const expected = union(occupied, found.freed)
  return [
    ...bitDifference(`${travelClass}: berths taken`, found.taken, expected, names),
    ...disagree(
      `${travelClass}: berths both taken and set aside`,
      list(names(shared(found.freed, occupied))),
      "none"
    ),
    ...[...found.pools].flatMap(([quota, pool]) =>
      [
        sameVersion
          ? bitDifference(
            `${travelClass} ${quota}: berths for sale`,
            pool.mask,
            masks.get(quota) ?? noBytes,
            (mask) => maskNames(layout, mask)
          )
          : [],
        comparePool(layout, legs, `${travelClass} ${quota}`, found.taken, pool),
        compareCounts(
          dump,
          `${travelClass} ${quota}`,
          pool,
          (hold) => hold.travelClass === travelClass && hold.quota === quota
        )
      ].flat()
    )
  ]
}

const maskNames = (layout: CoachLayout, mask: Uint8Array): ReadonlyArray<string> =>
  [...mask].flatMap((byte, bay) => slotsOf(byte, bay).map((slot) => berthAt(layout, slot).name))

/** The ZSETs of a pool against its mask and the bits: both are Redis's, and the one follows from the others. */
const comparePool = (layout: CoachLayout, legs: number, name: string, taken: Uint8Array, pool: DumpedPool) => {
  if (pool.untouched === undefined) {
    return []
  }
  const touched = takenBays(taken, legs, { from: 0, to: legs })
  const untouched = pool.mask.map((byte, bay) => byte & ~(touched[bay] ?? 0))
  const expected = [...untouched].flatMap((byte, bay) => byte === 0 ? [] : slotsOf(byte, bay))
    .map((slot) => ({ name: berthAt(layout, slot).name, slot }))
  const listed = pool.untouched
  const same = listed.length === expected.length &&
    expected.every((berth, index) => listed[index]?.slot === berth.slot && listed[index].name === berth.name)
  const names = (berths: typeof listed) => berths.map((berth) => `${berth.name} at ${berth.slot}`)
  return same ? [] : difference(`${name}: berths untouched`, names(listed), names(expected))
}

const compareCounts = (dump: RunDump, name: string, pool: DumpedPool, isOf: (hold: DumpedHold) => boolean) => {
  const waiting = dump.holds.filter((hold) => isOf(hold) && (hold.state === "waiting" || hold.state === "parked"))
  const passengers = waiting.reduce((sum, hold) => sum + hold.passengers, 0)
  return disagree(
    `${name}: who waits, by Redis's count and its list`,
    `${pool.waitingParties} parties of ${pool.waitingPassengers}`,
    `${waiting.length} parties of ${passengers}`
  )
}

const partyName = ({ holdId, passengers }: { readonly holdId: string; readonly passengers: number }): string =>
  `${passengers} under hold ${holdId}`

/** Compares who waits. A party whose booking, or whose promotion, is on its way into the record is left out. */
export const compareWaiting = (
  dump: RunDump,
  waiting: ReadonlyArray<WaitingHold>,
  facts: ReadonlyMap<string, HoldFact>
): ReadonlyArray<Disagreement> => {
  const promoting = new Set(dump.holds.filter(({ state }) => state === "held").map(({ holdId }) => holdId))
  return difference(
    "who waits",
    dump.holds.filter(({ holdId, state }) =>
      state === "parked" || (state === "waiting" && facts.has(keyHashOfHold(holdId)))
    ).map(partyName),
    waiting.filter(({ holdId }) => !promoting.has(holdId)).map(partyName)
  )
}
