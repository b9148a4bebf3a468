import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { TravelClass } from "@berth/domain/TravelClass"
import { Clock, Deferred, Effect } from "effect"
import type { RunRef, RunSnapshot } from "./Inventory.ts"
import { areSame, KeptSnapshots, type Read } from "./KeptSnapshots.ts"
import { makeKeyTracking } from "./KeyTracking.ts"
import type { ManagedRedis } from "./ManagedRedis.ts"
import { tagOfKey } from "./RunKeys.ts"
import { readStrings, toSnapshot } from "./SnapshotScript.ts"

interface Reading {
  readonly travelClasses: ReadonlyArray<TravelClass>
  readonly answer: Deferred.Deferred<RunSnapshot | null, StoreUnavailable>
}

const nameOf = (run: RunRef): string => `${run.trainId}:${run.date}`

/**
 * Snapshots for those who only look: many ask for the same few trains, so one reading serves all who ask until Redis says
 * that the run has changed, or within a moment where it does not say so. While a run does not change its snapshot stays
 * the same object, and what was worked out from it can be found by it.
 */
export const makeRecentSnapshots = Effect.fnUntraced(function*(redis: ManagedRedis["Service"]) {
  // Redis keeps real time, also in tests that have a clock of their own.
  const clock = Clock.Clock.defaultValue()
  const nowMillis = () => Number(clock.monotonicTimeNanosUnsafe()) / 1_000_000
  let changes = 0
  const readings = new Map<string, Reading>()
  const tracking = yield* makeKeyTracking(redis, (keys) => {
    if (keys === "all") {
      changes++
      readings.clear()
      kept.dropAll()
    } else {
      for (const key of keys) drop(tagOfKey(key))
    }
  })
  const kept = new KeptSnapshots(tracking.line, nowMillis)

  // A reading under way may be from before the change, so that it is not kept either.
  const drop = (name: string): void => {
    changes++
    readings.delete(name)
    kept.drop(name)
  }

  const readPlainly = (run: RunRef, travelClasses: ReadonlyArray<TravelClass>): Effect.Effect<Read, StoreUnavailable> =>
    Effect.map(readStrings(redis.runBinary, run, travelClasses), (strings) => ({ strings, line: undefined }))

  /** Where the tracked line is silent or does not have the script, the connection for everything else is asked. */
  const readTracked = (
    run: RunRef,
    travelClasses: ReadonlyArray<TravelClass>
  ): Effect.Effect<Read, StoreUnavailable> => {
    const line = tracking.line()
    return line !== undefined
      ? Effect.matchEffect(readStrings(line.runBinary, run, travelClasses), {
        onFailure: () => readPlainly(run, travelClasses),
        onSuccess: (strings) => Effect.succeed({ strings, line })
      })
      : readPlainly(run, travelClasses)
  }

  // Shared by all who ask meanwhile, so none of them may end it, not even between its first step and its second.
  const read = (name: string, run: RunRef, travelClasses: ReadonlyArray<TravelClass>) =>
    Effect.uninterruptible(Effect.suspend(() => {
      const reading: Reading = { travelClasses, answer: Deferred.makeUnsafe() }
      readings.set(name, reading)
      return Effect.onExit(
        Effect.map(readTracked(run, travelClasses), (found) =>
          readings.get(name) === reading
            ? kept.keep(name, travelClasses, found)
            : toSnapshot(found.strings, travelClasses)),
        (exit) => {
          if (readings.get(name) === reading) {
            readings.delete(name)
          }
          return Deferred.done(reading.answer, exit)
        }
      )
    }))

  const peek = (run: RunRef, travelClasses: ReadonlyArray<TravelClass>) => kept.peek(nameOf(run), travelClasses)

  return {
    /** The snapshot that is still good; undefined where Redis has to be asked. */
    peek,
    get: (run: RunRef, travelClasses: ReadonlyArray<TravelClass>) =>
      Effect.suspend(() => {
        const found = peek(run, travelClasses)
        if (found !== undefined) {
          return Effect.succeed(found)
        }
        const name = nameOf(run)
        const reading = readings.get(name)
        // An edit may have given the run a class since the other one asked.
        return reading !== undefined && areSame(reading.travelClasses, travelClasses)
          ? Deferred.await(reading.answer)
          : read(name, run, travelClasses)
      }),
    /** After a run was changed from here: whoever looks next, sees it. */
    drop: (run: RunRef): void => drop(nameOf(run)),
    /** How many changes were told so far; undefined where nobody tells. */
    changesTold: (): number | undefined => tracking.line() === undefined ? undefined : changes,
    /** Whether Redis tells of changes. */
    areTold: (): boolean => tracking.line() !== undefined
  }
})
