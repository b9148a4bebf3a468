import { Schema } from "effect"

/** Enough to see what is wrong with a feed; more would only scroll past. */
export const feedProblemsMax = 20

export const FeedProblem = Schema.Struct({
  file: Schema.String,
  /** Counted from 1, the header's; null where the whole file is meant. */
  line: Schema.NullOr(Schema.Int),
  column: Schema.NullOr(Schema.String),
  problem: Schema.String
})
export type FeedProblem = typeof FeedProblem.Type

const describe = ({ column, file, line, problem }: FeedProblem): string =>
  `${file}${line === null ? "" : `:${line}`}${column === null ? "" : `, column ${column}`}: ${problem}`

/** The feed says something that no timetable can mean. Nothing of it was imported. */
export class FeedInvalid extends Schema.TaggedError<FeedInvalid>()("FeedInvalid", {
  path: Schema.String,
  problems: Schema.Array(FeedProblem)
}) {
  override get message(): string {
    const more = this.problems.length < feedProblemsMax ? [] : [`These are the first ${feedProblemsMax}.`]
    return [
      `${this.path} was not imported, and nothing was changed. Correct this in the feed:`,
      ...this.problems.map(describe),
      ...more
    ].join("\n")
  }
}

/** The folder or zip archive of a feed can't be read. */
export class FeedUnreadable extends Schema.TaggedError<FeedUnreadable>()("FeedUnreadable", {
  path: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.path} can't be read as a GTFS feed, a folder or a zip archive: ${this.problem}`
  }
}
