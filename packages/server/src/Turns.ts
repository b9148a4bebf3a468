/** How many are begun before the event loop looks for answers of the stores again. */
const begunPerTurn = 16

/**
 * Work to begin, a few in each turn of the event loop. A rush of requests is read in one turn; were all of it begun in the
 * same, the stores would answer those of the rush before for nobody meanwhile, and have nothing to do after that.
 */
export class Turns {
  readonly #waiting: Array<() => void> = []

  /** Begins it at the end of this turn, or in a later one where others came before. */
  take(begin: () => void): void {
    if (this.#waiting.push(begin) === 1) {
      setImmediate(this.#turn)
    }
  }

  readonly #turn = (): void => {
    for (const begin of this.#waiting.splice(0, begunPerTurn)) {
      begin()
    }
    if (this.#waiting.length > 0) {
      setImmediate(this.#turn)
    }
  }
}
