import type { BookingEntry } from "./BookingLog.ts"

/** A booking of the train on which everybody asks for the same, with what the record says of it. */
export interface Queued {
  readonly entry: BookingEntry
  readonly runId: number
  readonly state: string
  /** Of its place on the waitlist; none where it was confirmed at once. */
  readonly waitState: string | null
  readonly waitNumber: number | null
}

/**
 * Tells who waits at the end while somebody who came later has a berth: by the numbers of the waitlist, and by newcomers
 * who called after the other had been told that it waits. All ask for the same, so that each could have had the berth.
 */
export const whoWasPassed = (queued: ReadonlyArray<Queued>): ReadonlyArray<string> =>
  queued.filter(({ waitState }) => waitState === "waiting").flatMap((waiting) => {
    const told = waiting.entry.acknowledged === undefined ? Number.POSITIVE_INFINITY : waiting.entry.acknowledgedAt
    return queued.filter(({ entry, runId, state, waitNumber, waitState }) => {
      const later = waitState === "promoted"
        ? (waitNumber ?? 0) > (waiting.waitNumber ?? 0)
        : waitNumber === null && entry.sentAt > told
      return later && runId === waiting.runId && state === "CONFIRMED"
    }).slice(0, 1).map(({ entry, waitNumber }) =>
      `${waiting.entry.key} still waits with number ${waiting.waitNumber}, and ${entry.key} ` +
      `(${waitNumber === null ? "a newcomer" : `number ${waitNumber}`}) has a berth`
    )
  })
