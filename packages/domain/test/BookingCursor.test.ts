import { assert, describe, it } from "@effect/vitest"
import { BookingCursor } from "../src/BookingCursor.ts"
import { notRefused, notTaken } from "./Decoding.ts"

describe("BookingCursor", () => {
  it("takes what an earlier page gave, and nothing made up", () => {
    assert.isEmpty(notTaken(BookingCursor, ["1796457600123456~4512345678"]))
    assert.isEmpty(notRefused(BookingCursor, "Expected a cursor from an earlier page", [
      "",
      "4512345678",
      "99~1234567890",
      "1796457600123456~451234567",
      "1796457600123456~45123456789",
      "1796457600123456~0512345678",
      "now()~4512345678",
      `${"1".repeat(17)}~4512345678`
    ]))
  })
})
