/** Calls of one connection, or of one HTTP request, that are worked on at once. */
export const callsPerConnectionMax = 64

/** How many calls the clients of one server of remote calls have under way. Streams count for as long as they are watched. */
export class CallsUnderWay {
  readonly #counts = new Map<number, number>()

  /** Counts a call; false where its client has too many under way already. */
  begin(clientId: number): boolean {
    const count = this.#counts.get(clientId) ?? 0
    if (count >= callsPerConnectionMax) {
      return false
    }
    this.#counts.set(clientId, count + 1)
    return true
  }

  end(clientId: number): void {
    const count = this.#counts.get(clientId) ?? 0
    if (count > 1) {
      this.#counts.set(clientId, count - 1)
    } else {
      this.#counts.delete(clientId)
    }
  }
}
