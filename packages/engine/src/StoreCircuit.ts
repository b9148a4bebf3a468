import { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { counters, note, readGauges } from "./metrics/Series.ts"

/** Calls that find a store silent, one after another, before it is left alone. */
const failuresMax = 5

/** How long it is left alone, ms; then one call may try whether it answers. */
const leftAloneMillis = 1_000

const leftAloneOf = (store: StoreUnavailable["store"], name: string) =>
  new StoreUnavailable({
    store,
    retryAfterSeconds: leftAloneMillis / 1000,
    detail: `${name} did not answer the last calls and is left alone for a second. Try again then.`
  })

/** What callers are told meanwhile. */
export const leftAlone = {
  postgresql: leftAloneOf("postgresql", "The record"),
  redis: leftAloneOf("redis", "Redis")
}

const refusals = counters(
  "berth_store_circuit_refusals_total",
  "Calls refused at once because the store had not answered the last five",
  ["store"]
)

const showOpen = readGauges("berth_store_circuit_open", "Whether the store is left alone, 1, or asked, 0", "store")

/**
 * Keeps callers from a store that does not answer: each would wait for as long as a call may take, and so hold on to what
 * others need. One call a second finds out whether it answers again.
 */
export class StoreCircuit {
  readonly #nowMillis: () => number
  readonly #refusals: ReturnType<typeof refusals>
  #failures = 0
  #trialMillis = 0

  constructor(store: StoreUnavailable["store"], nowMillis: () => number) {
    this.#nowMillis = nowMillis
    this.#refusals = refusals(store)
    showOpen(store, () => this.#isOpen ? 1 : 0)
  }

  get #isOpen(): boolean {
    return this.#failures >= failuresMax
  }

  /** Whether a call may be made now. Where the store is left alone, whoever is told so first after a second tries it. */
  admits(): boolean {
    if (!this.#isOpen) {
      return true
    }
    const now = this.#nowMillis()
    if (now < this.#trialMillis) {
      note(this.#refusals, 1)
      return false
    }
    this.#trialMillis = now + leftAloneMillis
    return true
  }

  /** The store said something, if only that it refuses. */
  answered(): void {
    this.#failures = 0
  }

  /** The store said nothing: the connection was lost, or the time of the call was over. */
  wasSilent(): void {
    this.#failures++
    if (this.#isOpen) {
      this.#trialMillis = this.#nowMillis() + leftAloneMillis
    }
  }
}
