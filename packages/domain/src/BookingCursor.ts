import { Schema } from "effect"

/** The last booking of a page: when it was made, microseconds since 1970, and its PNR. Callers send it back as it is. */
export const BookingCursor = Schema.String.check(
  Schema.isPattern(/^[1-4]\d{15}~[1-9]\d{9}$/, { expected: "a cursor from an earlier page" })
)
