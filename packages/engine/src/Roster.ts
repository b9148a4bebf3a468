/** Who is in a roster. */
export interface Rostered {
  /** Where in it; its own business. */
  place: number
}

/**
 * Those that are under way, who come and go thousands of times a second. A `Set` keeps memory that nobody needs any more:
 * when it has filled up it moves into a new table, and V8 has the old one hold on to its entries and to the new one, so that
 * a single old table which outlived its first collections keeps whatever was under way since, until the whole heap is looked
 * at (docs/decisions/0017).
 */
export class Roster<A extends Rostered> {
  readonly #present: Array<A> = []

  get size(): number {
    return this.#present.length
  }

  add(one: A): void {
    one.place = this.#present.push(one) - 1
  }

  /** Leaves its place to the last; nothing where it has gone before. */
  delete(one: A): void {
    if (this.#present[one.place] !== one) {
      return
    }
    const last = this.#present.pop()
    if (last !== undefined && last !== one) {
      last.place = one.place
      this.#present[one.place] = last
    }
  }

  /** All of them as they are now, in no order. */
  all(): ReadonlyArray<A> {
    return [...this.#present]
  }
}
