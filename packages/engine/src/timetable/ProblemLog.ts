import { Effect } from "effect"
import { FeedInvalid, type FeedProblem, feedProblemsMax } from "./FeedErrors.ts"

/** Collects what is wrong with a feed, so that its publisher sees more than one mistake at a time. */
export class ProblemLog {
  readonly #path: string
  readonly #problems: Array<FeedProblem> = []

  constructor(path: string) {
    this.#path = path
  }

  add(file: string, line: number | null, column: string | null, problem: string): void {
    if (!this.isFull) this.#problems.push({ file, line, column, problem })
  }

  get isFull(): boolean {
    return this.#problems.length >= feedProblemsMax
  }

  readonly failIfFull: Effect.Effect<void, FeedInvalid> = Effect.suspend(() => this.isFull ? this.#fail() : Effect.void)

  readonly failIfAny: Effect.Effect<void, FeedInvalid> = Effect.suspend(() =>
    this.#problems.length > 0 ? this.#fail() : Effect.void
  )

  #fail(): Effect.Effect<never, FeedInvalid> {
    return Effect.fail(new FeedInvalid({ path: this.#path, problems: this.#problems }))
  }
}
