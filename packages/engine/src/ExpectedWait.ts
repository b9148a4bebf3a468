import { Effect } from "effect"

/** What the time of a place that is given back counts in the average. */
const weight = 0.1

/**
 * How long whoever comes now would wait for one of so many places. It is told from how long others had theirs, and so
 * also for the first of a crowd; where nothing moved for longer than that since somebody waits, from how long that is.
 */
export class ExpectedWait {
  readonly #places: number
  readonly #nowMillis: () => number
  #meanMillis = 0
  #movedMillis: number

  constructor(places: number, nowMillis: () => number) {
    this.#places = places
    this.#nowMillis = nowMillis
    this.#movedMillis = nowMillis()
  }

  /** A place was taken. */
  took(): void {
    this.#movedMillis = this.#nowMillis()
  }

  /** A place was given back that was taken for so long. */
  gaveBack(millis: number): void {
    this.#movedMillis = this.#nowMillis()
    this.#meanMillis = this.#meanMillis === 0 ? millis : this.#meanMillis + weight * (millis - this.#meanMillis)
  }

  /** The same around each call of a function. */
  timing<I, A, E, R>(work: (input: I) => Effect.Effect<A, E, R>): (input: I) => Effect.Effect<A, E, R> {
    return (input) =>
      Effect.suspend(() => {
        const startMillis = this.#nowMillis()
        this.took()
        return Effect.ensuring(work(input), Effect.sync(() => this.gaveBack(this.#nowMillis() - startMillis)))
      })
  }

  /** The wait of one who comes behind so many others that wait; of one behind nobody, whose wait begins now, nothing. */
  millis(ahead: number): number {
    if (ahead === 0) {
      // Nothing moves where nobody waits: the first of a crowd that comes after a pause would be told of the pause.
      this.#movedMillis = this.#nowMillis()
      return 0
    }
    return ahead / this.#places * Math.max(this.#meanMillis, this.#nowMillis() - this.#movedMillis)
  }
}
