import { type BerthType, berthTypes } from "@berth/domain/BerthType"
import type { CoachLayout } from "@berth/domain/CoachLayout"
import type { Quota } from "@berth/domain/Quota"
import type { TravelClass } from "@berth/domain/TravelClass"
import type { ClassOfRun, RunRef } from "./Inventory.ts"

// The braces are a Redis Cluster hash tag: all keys of a run share a slot.
const tag = (run: RunRef): string => `{${run.trainId}:${run.date}}`

/** What stands between the braces of a run's key: the run. */
export const tagOfKey = (key: string): string => key.slice(key.indexOf("{") + 1, key.indexOf("}"))

export const metaKey = (run: RunRef): string => `redis:META:${tag(run)}`

export const holdKey = (run: RunRef): string => `redis:HOLD:${tag(run)}`

export const freedKey = (run: RunRef): string => `redis:FREED:${tag(run)}`

export const bitmapKey = (run: RunRef, travelClass: TravelClass): string => `redis:BITMAP:${tag(run)}:${travelClass}`

/** The `run_id` of the Redis that all runs were loaded into. */
export const seededKey = "redis:SEEDED"

/** The berth types of a layout, each once, in the order in which their ZSETs are handed to the scripts. */
export const typesOf = (layout: CoachLayout): ReadonlyArray<BerthType> =>
  berthTypes.filter((berthType) => layout.bay.includes(berthType))

export const zsetKeys = (run: RunRef, layout: CoachLayout, quota: Quota): Array<string> =>
  typesOf(layout).map((berthType) => `redis:ZSET:${tag(run)}:${layout.travelClass}:${quota}:${berthType}`)

/** The keys of classes as the scripts expect them: for each its BITMAP, then the ZSETs of each of its quotas. */
export const classKeys = (run: RunRef, classes: ReadonlyArray<ClassOfRun>): Array<string> =>
  classes.flatMap(({ layout, quotas }) => [
    bitmapKey(run, layout.travelClass),
    ...quotas.flatMap((quota) => zsetKeys(run, layout, quota))
  ])

/** Every run's key of holds. */
export const holdKeyPattern = "redis:HOLD:{*}"
