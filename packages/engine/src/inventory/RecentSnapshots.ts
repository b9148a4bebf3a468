import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TravelClass } from "@berth/domain/TravelClass"
import { Clock, Deferred, Effect } from "effect"
import type { RunRef, RunSnapshot } from "./Inventory.ts"
import type { ManagedRedis } from "./ManagedRedis.ts"
import { readStrings, type RunStrings, toSnapshot } from "./SnapshotScript.ts"

/** How long a snapshot is shown. An edit is to be seen within 50 ms, and most of that is for the edit to reach Redis. */
export const recentMillis = 20

/** Runs of which a snapshot is kept, some kilobytes each; the one that was read the longest ago is forgotten first. */
const runsMax = 2_000

interface Kept {
  readonly travelClasses: string
  readonly strings: RunStrings
  readonly snapshot: RunSnapshot | null
  untilMillis: number
}

type Reading = Deferred.Deferred<RunSnapshot | null, StoreUnavailable>

const areEqual = (one: ReadonlyArray<Uint8Array>, other: ReadonlyArray<Uint8Array>): boolean =>
  one.length === other.length && one.every((bytes, n) => {
    const others = other[n]
    return others !== undefined && Buffer.compare(bytes, others) === 0
  })

const nameOf = (run: RunRef): string => `${run.trainId}:${run.date}`

/**
 * Snapshots for those who only look: many ask for the same few trains, so one reading serves all who ask within a moment.
 * While a run does not change its snapshot stays the same object, and what was worked out from it can be found by it.
 */
export const makeRecentSnapshots = (redis: ManagedRedis["Service"]) => {
  // Redis keeps real time, also in tests that have a clock of their own.
  const clock = Clock.Clock.defaultValue()
  const nowMillis = () => Number(clock.monotonicTimeNanosUnsafe()) / 1_000_000
  const kept = new Map<string, Kept>()
  const readings = new Map<string, Reading>()

  const keep = (name: string, travelClasses: ReadonlyArray<TravelClass>, strings: RunStrings) => {
    const before = kept.get(name)
    const classes = travelClasses.join()
    const untilMillis = nowMillis() + recentMillis
    const next = before !== undefined && before.travelClasses === classes && areEqual(before.strings[0], strings[0]) &&
        areEqual(before.strings[1], strings[1])
      ? { ...before, untilMillis }
      : { travelClasses: classes, strings, snapshot: toSnapshot(strings, travelClasses), untilMillis }
    kept.delete(name)
    kept.set(name, next)
    for (const oldest of kept.keys()) {
      if (kept.size <= runsMax) break
      kept.delete(oldest)
    }
    return next.snapshot
  }

  // Shared by all who ask meanwhile, so none of them may end it.
  const read = (name: string, run: RunRef, travelClasses: ReadonlyArray<TravelClass>) => {
    const reading: Reading = Deferred.makeUnsafe()
    readings.set(name, reading)
    return Effect.uninterruptible(
      Effect.onExit(
        Effect.map(readStrings(redis, run, travelClasses), (strings) =>
          readings.get(name) === reading
            ? keep(name, travelClasses, strings)
            : toSnapshot(strings, travelClasses)),
        (exit) => {
          if (readings.get(name) === reading) {
            readings.delete(name)
          }
          return Deferred.done(reading, exit)
        }
      )
    )
  }

  return {
    get: (run: RunRef, travelClasses: ReadonlyArray<TravelClass>) =>
      Effect.suspend(() => {
        const name = nameOf(run)
        const found = kept.get(name)
        if (found !== undefined && found.untilMillis > nowMillis() && found.travelClasses === travelClasses.join()) {
          return Effect.succeed(found.snapshot)
        }
        const reading = readings.get(name)
        return reading === undefined ? read(name, run, travelClasses) : Deferred.await(reading)
      }),
    /** After a run was changed from here: whoever looks next, sees it. */
    drop: (run: RunRef): void => {
      const name = nameOf(run)
      readings.delete(name)
      const found = kept.get(name)
      if (found !== undefined) {
        found.untilMillis = 0
      }
    }
  }
}
