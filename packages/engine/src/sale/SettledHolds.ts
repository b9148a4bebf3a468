/** Runs that it remembers; of which the first noted was the longest ago is forgotten first. */
export const runsMax = 8_192

/** Holds of a run that it remembers, so that a call that tells of them keeps Redis for less than a millisecond. */
export const holdsMax = 128

interface Settled {
  readonly epoch: number
  holdIds: Array<string>
}

const none: ReadonlyArray<string> = []

/**
 * Holds that the ledger has and of which Redis is to be told, until the next call for their run takes the word along. What is
 * forgotten here, or lost with the server, the sweep asks the ledger about.
 *
 * A run stays known when its holds were taken, for the reason that `Roster` gives.
 */
export class SettledHolds {
  readonly #byRun = new Map<number, Settled>()

  /** The epoch is the one at which the ledger took the booking: a later load made other holds of the same name. */
  note(runId: number, epoch: number, holdId: string): void {
    const settled = this.#byRun.get(runId)
    if (settled?.epoch !== epoch) {
      this.#byRun.set(runId, { epoch, holdIds: [holdId] })
      for (const oldest of this.#byRun.keys()) {
        if (this.#byRun.size <= runsMax) break
        this.#byRun.delete(oldest)
      }
    } else if (settled.holdIds.length < holdsMax) {
      settled.holdIds.push(holdId)
    }
  }

  /** The holds of a run that the ledger took at this epoch and of which nobody has told yet. */
  take(runId: number, epoch: number): ReadonlyArray<string> {
    const settled = this.#byRun.get(runId)
    if (settled === undefined || settled.epoch !== epoch || settled.holdIds.length === 0) return none
    const { holdIds } = settled
    settled.holdIds = []
    return holdIds
  }
}
