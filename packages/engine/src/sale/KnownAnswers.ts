import type { Availability } from "@berth/domain/Availability"
import type { RunSnapshot } from "../inventory/Inventory.ts"
import type { RunJourney } from "../timetable/Journeys.ts"
import type { Run } from "../timetable/RunDirectory.ts"

/** Answers that are kept, some kilobytes each; the one that was worked out the longest ago is forgotten first. */
export const answersMax = 20_000

interface Known {
  readonly run: Run
  readonly snapshot: number
  readonly answer: Availability
}

const nameOf = ({ date, trainId }: Run, { from, to }: RunJourney): string => `${trainId} ${date} ${from} ${to}`

/**
 * What is free, by what it was counted from: the same journey on a run that has not changed is the same answer. A run of
 * sixty stops has 1,770 journeys, so that they are bounded in all, and not with the snapshots.
 */
export class KnownAnswers {
  readonly #known = new Map<string, Known>()
  // An answer knows its snapshot by a number, so as not to keep one that another has replaced.
  readonly #numbers = new WeakMap<RunSnapshot, number>()
  #numbered = 0

  find(run: Run, journey: RunJourney, found: RunSnapshot): Availability | undefined {
    const known = this.#known.get(nameOf(run, journey))
    return known?.run === run && known.snapshot === this.#numbers.get(found) ? known.answer : undefined
  }

  keep(run: Run, journey: RunJourney, found: RunSnapshot, answer: Availability): void {
    const name = nameOf(run, journey)
    const snapshot = this.#numbers.get(found) ?? ++this.#numbered
    this.#numbers.set(found, snapshot)
    this.#known.delete(name)
    this.#known.set(name, { run, snapshot, answer })
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= answersMax) break
      this.#known.delete(oldest)
    }
  }
}
