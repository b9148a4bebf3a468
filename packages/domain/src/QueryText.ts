import { Schema } from "effect"

const queryLengthMax = 120

/** Text to look for. A control character is in nothing that is kept, and PostgreSQL takes no NUL. */
export const QueryText = Schema.String.check(
  Schema.isMaxLength(queryLengthMax),
  Schema.isPattern(/^\P{Cc}*$/u, { expected: "a text without control characters" })
)
