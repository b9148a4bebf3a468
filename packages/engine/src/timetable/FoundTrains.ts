import type { Clock } from "effect"

/** Searches that are kept, some kilobytes each. */
const searchesMax = 5_000

/** After this a search is asked again, by one of those who look. */
const goodMillis = 1_000

/** So long the others are shown meanwhile what was found before. */
const shownMillis = 5_000

interface Kept<Found> {
  readonly text: string
  readonly found: ReadonlyArray<Found>
  readonly atMillis: number
  askedAgainMillis: number
}

/**
 * What searches found. While the timetable is the same, so is the object, and what was worked out from it can be found by
 * it. Once a second one of those who look is sent to ask again: were it all of them, a busy server would be busier still.
 */
export class FoundTrains<Found> {
  readonly #kept = new Map<string, Kept<Found>>()
  readonly #clock: Clock.Clock

  constructor(clock: Clock.Clock) {
    this.#clock = clock
  }

  keep(asked: string, found: ReadonlyArray<Found>): ReadonlyArray<Found> {
    const text = JSON.stringify(found)
    const earlier = this.#kept.get(asked)
    const atMillis = this.#clock.currentTimeMillisUnsafe()
    const same = earlier?.text === text ? earlier.found : found
    this.#kept.delete(asked)
    this.#kept.set(asked, { text, found: same, atMillis, askedAgainMillis: atMillis })
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= searchesMax) break
      this.#kept.delete(oldest)
    }
    return same
  }

  /** What was found; undefined to whoever has to ask. */
  peek(asked: string): ReadonlyArray<Found> | undefined {
    const kept = this.#kept.get(asked)
    const now = this.#clock.currentTimeMillisUnsafe()
    if (kept === undefined || kept.found.length === 0 || now - kept.atMillis >= shownMillis) {
      return undefined
    }
    if (now - kept.askedAgainMillis >= goodMillis) {
      kept.askedAgainMillis = now
      return undefined
    }
    return kept.found
  }
}
