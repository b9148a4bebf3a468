import { assert, describe, it } from "@effect/vitest"
import { UserId } from "../src/UserId.ts"
import { notRefused, notTaken } from "./Decoding.ts"

describe("UserId", () => {
  it("takes ids and addresses", () => {
    assert.isEmpty(notTaken(UserId, ["user_789", "u", "a.b-c@example.org", "a".repeat(64)]))
  })

  it("refuses anything else", () => {
    assert.isEmpty(notRefused(UserId, "Expected a user id: 1 to 64 letters, digits, or any of . _ @ -", [
      "",
      "a".repeat(65),
      "user 789",
      "user:789",
      "user_789\n",
      "user*"
    ]))
  })
})
