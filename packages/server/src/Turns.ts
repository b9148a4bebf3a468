import { Clock, Effect } from "effect"

/** How many are begun before the event loop looks for answers of the stores again. */
const begunPerTurn = 16

/** Shortest time between the beginnings of two turns that are not full, ms. */
const turnMillis = 3

/** Turns by the clock that never goes back. */
export const makeTurns = Clock.clockWith((clock) =>
  Effect.sync(() => new Turns(() => Number(clock.monotonicTimeNanosUnsafe()) / 1e6))
)

/**
 * Work to begin, in turns of the event loop. A rush of requests is read in one turn; were all of it begun in the same, the
 * stores would have nothing to do meanwhile, and nobody would look for their answers. Where calls come one by one, thousands
 * a second, they are begun together every few milliseconds: on a machine that is far from full, to wake another process for
 * each was measured to cost a tenth to a fourth of the server's time for a sale. Whoever comes after a pause waits for nothing.
 */
export class Turns {
  readonly #waiting: Array<() => void> = []
  readonly #nowMillis: () => number
  #lastMillis = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(nowMillis: () => number) {
    this.#nowMillis = nowMillis
  }

  /** Begins it in the next turn, or in a later one where others came before. */
  take(begin: () => void): void {
    const count = this.#waiting.push(begin)
    if (count === 1) {
      this.#arm()
    } else if (count === begunPerTurn && this.#timer !== undefined) {
      clearTimeout(this.#timer)
      this.#now()
    }
  }

  #arm(): void {
    const wait = this.#lastMillis + turnMillis - this.#nowMillis()
    if (wait > 0) {
      // @effect-diagnostics-next-line globalTimers:off
      this.#timer = setTimeout(this.#turn, wait)
    } else {
      this.#now()
    }
  }

  #now(): void {
    this.#timer = undefined
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#timer = undefined
    this.#lastMillis = this.#nowMillis()
    for (const begin of this.#waiting.splice(0, begunPerTurn)) {
      begin()
    }
    if (this.#waiting.length >= begunPerTurn) {
      this.#now()
    } else if (this.#waiting.length > 0) {
      this.#arm()
    }
  }
}
