import { Option, Schema } from "effect"
import { setTimeout as pause } from "node:timers/promises"
import { Acknowledged, type BookingEntry, BookingLog, type Trip } from "./BookingLog.ts"
import { type Answered, call } from "./HttpCall.ts"
import type { SeededRandom } from "./SeededRandom.ts"

const decodeBooking = Schema.decodeUnknownOption(Acknowledged)
const decodeProblem = Schema.decodeUnknownOption(Schema.Struct({ _tag: Schema.String }))

/** How long a caller goes on asking with the same key before it is left for the end. */
const persistMillis = 6_000
const retryMillis = { min: 40, max: 250 }

/** Share of calls that cancel, and that repeat a key that was answered before. */
const cancelShare = 0.3
const repeatShare = 0.06

export interface LoadOptions {
  readonly urls: () => ReadonlyArray<string>
  readonly token: string
  readonly trips: ReadonlyArray<Trip>
  readonly random: SeededRandom
  readonly name: string
  readonly callers: number
  /** Pause of a caller between two calls, ms at most. */
  readonly gapMillis: number
}

const tagOf = (answer: Answered): string =>
  answer.kind === "none"
    ? answer.why
    : Option.match(decodeProblem(answer.body), { onNone: () => String(answer.status), onSome: ({ _tag }) => _tag })

const isBooked = (answer: Answered): boolean =>
  answer.kind === "answer" && (answer.status === 200 || answer.status === 201)

/** Whether the same call may succeed later: nobody answered, the server is busy, a store is away. */
const isPassing = (answer: Answered): boolean =>
  answer.kind === "none" || answer.status === 503 || answer.status === 429 || answer.status >= 500

/**
 * Callers over HTTP, each with one call under way, who keep their keys and ask again after a failure as the
 * documentation tells them to. Everything that they are told is written down.
 */
export class Load {
  readonly log = new BookingLog()
  /** Servers to call, at the moment. */
  urls: () => ReadonlyArray<string>
  readonly #options: LoadOptions
  #going = false
  #callers: ReadonlyArray<Promise<void>> = []
  #keys = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.urls = options.urls
  }

  start(): void {
    this.#going = true
    this.#callers = Array.from({ length: this.#options.callers }, () => this.#call(this.#options.random.fork()))
  }

  /** Lets every caller finish what it has begun. */
  async stop(): Promise<void> {
    this.#going = false
    await Promise.all(this.#callers)
  }

  /** Asks again after every booking whose fate is not known, until it is. */
  async settle(millisMax: number): Promise<void> {
    const until = performance.now() + millisMax
    const random = this.#options.random.fork()
    const settleOne = async (entry: BookingEntry) => {
      while (entry.acknowledged === undefined && entry.refusedFor === undefined && performance.now() < until) {
        await this.#tryToBook(entry, random)
        await pause(retryMillis.max)
      }
    }
    await Promise.all(this.log.open.map(settleOne))
    for (const { key } of this.log.open) {
      this.log.faults.push(`key ${key} got no answer within ${millisMax / 1000} s of the end of the fault`)
    }
  }

  async #call(random: SeededRandom): Promise<void> {
    while (this.#going) {
      const earlier = this.#earlier(random)
      if (earlier !== undefined && random.chance(cancelShare)) await this.#cancel(earlier, random)
      else if (earlier !== undefined && random.chance(repeatShare)) await this.#tryToBook(earlier, random)
      else await this.#book(random)
      await pause(random.between(0, this.#options.gapMillis))
    }
  }

  /** A booking that was acknowledged and, as far as is known, stands. */
  #earlier(random: SeededRandom): BookingEntry | undefined {
    const { entries } = this.log
    const entry = entries.length === 0 ? undefined : random.pick(entries.slice(-400))
    return entry?.acknowledged !== undefined && entry.cancelAsked.size === 0 ? entry : undefined
  }

  /** Books once under a new key, and asks again for as long as a caller would. */
  async #book(random: SeededRandom, trip = random.pick(this.#options.trips)): Promise<BookingEntry> {
    const { name } = this.#options
    const passengers = trip.queue ? 1 : random.pick([1, 1, 1, 2, 2, 3, 4])
    const entry = this.log.make(`${name}-${++this.#keys}`, trip, passengers)
    const until = performance.now() + persistMillis
    for (;;) {
      await this.#tryToBook(entry, random)
      const known = entry.acknowledged !== undefined || entry.refusedFor !== undefined
      if (known || !this.#going || performance.now() > until) return entry
      await pause(random.between(retryMillis.min, retryMillis.max))
    }
  }

  async #tryToBook(entry: BookingEntry, random: SeededRandom): Promise<void> {
    const url = random.pick(this.urls())
    this.take(entry, await this.send(entry, url))
  }

  /** Queues up where all ask for the same, and gives up what somebody has there: a berth if there is one. */
  async queueUpAndCancel(): Promise<void> {
    const random = this.#options.random.fork()
    const trip = random.pick(this.#options.trips.filter(({ queue }) => queue))
    await Promise.all([1, 2, 3].map(() => this.#book(random, trip)))
    const standing = this.log.entries.filter(({ acknowledged, cancelAsked, trip: { queue } }) =>
      queue && acknowledged !== undefined && cancelAsked.size === 0
    )
    for (const status of ["CONFIRMED", "WAITLISTED"]) {
      const entry = standing.find(({ acknowledged }) => acknowledged?.status === status)
      if (entry !== undefined) await this.#cancel(entry, random)
    }
  }

  /** One call for a booking, at one server. */
  send(entry: BookingEntry, url: string): Promise<Answered> {
    const { date, from, to, trainId, travelClass } = entry.trip
    return call({
      url: `${url}/api/bookings`,
      method: "POST",
      token: this.#options.token,
      key: entry.key,
      body: {
        trainId,
        date,
        travelClass,
        from,
        to,
        // A booking is found again by the name of its passengers, whatever became of its key.
        passengers: Array.from({ length: entry.passengers }, (_, index) => ({ name: entry.key, age: 20 + index }))
      }
    })
  }

  /** Writes down what was answered to a booking. */
  take(entry: BookingEntry, answer: Answered): void {
    if (isBooked(answer) && answer.kind === "answer") {
      const booking = decodeBooking(answer.body)
      if (Option.isSome(booking)) this.log.acknowledge(entry, booking.value)
      else this.log.faults.push(`booking ${entry.key} was answered with ${JSON.stringify(answer.body)}`)
      return
    }
    this.log.refuse(tagOf(answer))
    if (answer.kind === "answer" && answer.status === 500) {
      this.log.faults.push(`booking ${entry.key} was answered with status 500`)
    }
    if (isPassing(answer)) return
    if (entry.acknowledged !== undefined) {
      this.log.faults.push(`key ${entry.key} was acknowledged, and later refused: ${tagOf(answer)}`)
    } else if (tagOf(answer) === "SoldOut") {
      entry.refusedFor = "SoldOut"
    } else {
      entry.refusedFor = tagOf(answer)
      this.log.faults.push(`booking ${entry.key} was refused: ${tagOf(answer)}`)
    }
  }

  async #cancel(entry: BookingEntry, random: SeededRandom): Promise<void> {
    const { acknowledged } = entry
    if (acknowledged === undefined) return
    const all = acknowledged.passengers.map(({ number }) => number)
    const gone = all.length > 1 && random.chance(0.4) ? all.slice(0, 1) : all
    for (const number of gone) entry.cancelAsked.add(number)
    entry.cancelAskedAt = Date.now()
    const until = performance.now() + persistMillis
    for (;;) {
      const answer = await call({
        url: `${random.pick(this.urls())}/api/bookings/${acknowledged.pnr}/cancel`,
        method: "POST",
        token: this.#options.token,
        body: gone.length === all.length ? {} : { passengers: gone }
      })
      // A repeat finds that the first call was carried out.
      if (isBooked(answer) || tagOf(answer) === "NothingToCancel") {
        for (const number of gone) entry.cancelled.add(number)
        return
      }
      this.log.refuse(tagOf(answer))
      if (answer.kind === "answer" && answer.status === 500) {
        this.log.faults.push(`the cancellation of ${entry.key} was answered with status 500`)
      }
      if (!isPassing(answer)) {
        this.log.faults.push(`the cancellation of ${entry.key} was refused: ${tagOf(answer)}`)
        return
      }
      if (!this.#going || performance.now() > until) return
      await pause(random.between(retryMillis.min, retryMillis.max))
    }
  }
}
