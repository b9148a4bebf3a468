import { Schema } from "effect"

/** Longest name of a passenger, in UTF-16 units. */
export const personNameLengthMax = 60

// A NUL or a lone surrogate would fail in PostgreSQL and take a whole batch of bookings with it.
const isPlainText = (name: string): boolean => name.isWellFormed() && !/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u.test(name)

export const PersonName = Schema.String.check(
  Schema.makeFilter((name: string) =>
    name.length >= 1 && name.length <= personNameLengthMax && name.trim() === name && isPlainText(name)
      ? undefined
      : `Expected a name of 1 to ${personNameLengthMax} characters without control characters or outer spaces`
  )
).annotate({ identifier: "PersonName" })
export type PersonName = typeof PersonName.Type
