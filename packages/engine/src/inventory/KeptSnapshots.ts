import type { TravelClass } from "@berth/domain/TravelClass"
import type { RunSnapshot } from "./Inventory.ts"
import type { TrackedLine } from "./KeyTracking.ts"
import { type RunStrings, toSnapshot } from "./SnapshotScript.ts"

/** How long a snapshot is shown where nobody tells of changes: an edit is to be seen within 50 ms. */
const recentMillis = 20

/** How long one is shown that Redis would tell of; should it ever not, this bounds for how long that is believed. */
const toldMillis = 10_000

/**
 * Runs of which a snapshot is kept, some kilobytes each; the one that was read the longest ago is forgotten first. With two
 * thousand, searches in turn over seven thousand runs found nothing kept: 73 a second in place of 12,000.
 */
const runsMax = 20_000

interface Kept {
  readonly travelClasses: ReadonlyArray<TravelClass>
  readonly strings: RunStrings
  readonly snapshot: RunSnapshot | null
  /** Where it was read, if changes are told there. */
  readonly line: TrackedLine | undefined
  untilMillis: number
}

/** What was read, and where. */
export interface Read {
  readonly strings: RunStrings
  readonly line: TrackedLine | undefined
}

const areEqual = (one: ReadonlyArray<Uint8Array>, other: ReadonlyArray<Uint8Array>): boolean =>
  one.length === other.length && one.every((bytes, n) => {
    const others = other[n]
    return others !== undefined && Buffer.compare(bytes, others) === 0
  })

export const areSame = (one: ReadonlyArray<TravelClass>, other: ReadonlyArray<TravelClass>): boolean =>
  one === other || one.length === other.length && one.every((travelClass, n) => travelClass === other[n])

/** Snapshots by the name of their run. While a run does not change its snapshot stays the same object. */
export class KeptSnapshots {
  readonly #kept = new Map<string, Kept>()
  readonly #line: () => TrackedLine | undefined
  readonly #nowMillis: () => number

  constructor(line: () => TrackedLine | undefined, nowMillis: () => number) {
    this.#line = line
    this.#nowMillis = nowMillis
  }

  keep(name: string, travelClasses: ReadonlyArray<TravelClass>, { line, strings }: Read): RunSnapshot | null {
    const before = this.#kept.get(name)
    const untilMillis = this.#nowMillis() + (line === undefined ? recentMillis : toldMillis)
    const next = before !== undefined && areSame(before.travelClasses, travelClasses) &&
        areEqual(before.strings[0], strings[0]) && areEqual(before.strings[1], strings[1])
      ? { ...before, line, untilMillis }
      : { travelClasses, strings, snapshot: toSnapshot(strings, travelClasses), line, untilMillis }
    this.#kept.delete(name)
    this.#kept.set(name, next)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= runsMax) break
      this.#kept.delete(oldest)
    }
    return next.snapshot
  }

  /** The snapshot that is still good; undefined where Redis has to be asked. */
  peek(name: string, travelClasses: ReadonlyArray<TravelClass>): RunSnapshot | null | undefined {
    const found = this.#kept.get(name)
    return found !== undefined && this.#isGood(found) && areSame(found.travelClasses, travelClasses)
      ? found.snapshot
      : undefined
  }

  /** A snapshot that is not good any more may still turn out to be what Redis has, so that it is kept. */
  drop(name: string): void {
    const found = this.#kept.get(name)
    if (found !== undefined) {
      found.untilMillis = 0
    }
  }

  dropAll(): void {
    for (const found of this.#kept.values()) found.untilMillis = 0
  }

  #isGood({ line, untilMillis }: Kept): boolean {
    return this.#nowMillis() < untilMillis && (line === undefined || line === this.#line())
  }
}
