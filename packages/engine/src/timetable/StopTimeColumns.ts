/** A stop of a trip as the feed has it. */
export interface StopTime {
  readonly line: number
  readonly sequence: number
  /** Seconds since midnight of the service day; undefined where the feed leaves it to be interpolated. */
  readonly arrival: number | undefined
  readonly departure: number | undefined
  readonly stop: number
  /** Nobody may get on or off. */
  readonly isPassed: boolean
  /** In the unit of the feed, which it does not name. */
  readonly distance: number | undefined
}

const columns = 7
const absent = -1
const rowsAtFirst = 4096

const known = (value: number): number | undefined => value === absent ? undefined : value

/**
 * The stop times of a feed in 36 bytes each: a nation has millions, and as objects or text they would not fit. Trips and
 * stops are their indexes.
 */
export class StopTimeColumns {
  #numbers = new Int32Array(rowsAtFirst * columns)
  #distances = new Float64Array(rowsAtFirst)
  #length = 0

  get length(): number {
    return this.#length
  }

  push(trip: number, row: StopTime): void {
    if (this.#length === this.#distances.length) this.#grow()
    this.#numbers.set([
      trip,
      row.line,
      row.sequence,
      row.arrival ?? absent,
      row.departure ?? absent,
      row.stop,
      Number(row.isPassed)
    ], this.#length * columns)
    this.#distances[this.#length] = row.distance ?? Number.NaN
    this.#length++
  }

  /** The stop times of each trip by its index, in the order of their sequence, whatever their order in the file. */
  byTrip(trips: number): (trip: number) => Array<StopTime> {
    const starts = new Uint32Array(trips + 1)
    for (let row = 0; row < this.#length; row++) this.#count(starts, row, 1)
    for (let trip = 0; trip < trips; trip++) starts[trip + 1] = (starts[trip + 1] ?? 0) + (starts[trip] ?? 0)
    const next = starts.slice()
    const rows = new Uint32Array(this.#length)
    for (let row = 0; row < this.#length; row++) {
      const trip = this.#numbers[row * columns] ?? 0
      rows[next[trip] ?? 0] = row
      this.#count(next, row, 0)
    }
    return (trip) =>
      Array.from(rows.subarray(starts[trip], starts[trip + 1]), (row) => this.#at(row))
        .toSorted((a, b) => a.sequence - b.sequence)
  }

  #count(counts: Uint32Array, row: number, offset: number): void {
    const index = (this.#numbers[row * columns] ?? 0) + offset
    counts[index] = (counts[index] ?? 0) + 1
  }

  #at(row: number): StopTime {
    const at = (column: number): number => this.#numbers[row * columns + column] ?? 0
    const distance = this.#distances[row] ?? Number.NaN
    return {
      line: at(1),
      sequence: at(2),
      arrival: known(at(3)),
      departure: known(at(4)),
      stop: at(5),
      isPassed: at(6) === 1,
      distance: Number.isNaN(distance) ? undefined : distance
    }
  }

  #grow(): void {
    const numbers = new Int32Array(this.#numbers.length * 2)
    numbers.set(this.#numbers)
    this.#numbers = numbers
    const distances = new Float64Array(this.#distances.length * 2)
    distances.set(this.#distances)
    this.#distances = distances
  }
}
