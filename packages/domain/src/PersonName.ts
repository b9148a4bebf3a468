import { Schema } from "effect"

/** Longest name of a passenger, in UTF-16 units. */
export const personNameLengthMax = 60

// Indic and Arabic spelling needs a joiner within a word (Unicode Standard Annex 31), and Malayalam one after a closing
// virama. The other format characters only hide or reorder what a chart prints.
const spellingJoiner = /(?<=\p{L}|\p{M})(?:\u200c|\u200d)(?=\p{L}|\p{M})|(?<=\p{M})\u200d/gu

// A NUL or a lone surrogate would fail in PostgreSQL and take a whole batch of bookings with it.
// Most names are ASCII, and are told by one look.
const isPlainText = (name: string): boolean =>
  /^[\x20-\x7e]*$/.test(name) ||
  name.isWellFormed() && !/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u.test(name.replaceAll(spellingJoiner, ""))

export const PersonName = Schema.String.check(
  Schema.makeFilter((name: string) =>
    name.length >= 1 && name.length <= personNameLengthMax && name.trim() === name && isPlainText(name)
      ? undefined
      : `Expected a name of 1 to ${personNameLengthMax} characters without control characters or outer spaces`
  )
).annotate({ identifier: "PersonName" })
export type PersonName = typeof PersonName.Type
