import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { IdempotencyKey } from "../src/IdempotencyKey.ts"
import { notRefused, notTaken } from "./Decoding.ts"

describe("IdempotencyKey", () => {
  it("takes what callers make keys of", () => {
    assert.isEmpty(
      notTaken(IdempotencyKey, ["k", "0198a2f4-7c1e-7bb2-9c6f-0d3f5a1e2b3c", "{\"a\":[1]}", "~!", "a".repeat(128)])
    )
  })

  it("refuses spaces, other scripts and keys of no or too great length", () => {
    assert.isEmpty(notRefused(IdempotencyKey, "Expected an idempotency key: 1 to 128 printable ASCII characters", [
      "",
      "a".repeat(129),
      "a b",
      " a",
      "a\n",
      "a\u007f",
      "ключ"
    ]))
  })

  it("takes every printable ASCII character and no other", () => {
    const taken = Array.from({ length: 256 }, (_, unit) => String.fromCharCode(unit)).filter(Schema.is(IdempotencyKey))
    assert.deepStrictEqual([taken.length, taken[0], taken.at(-1)], [94, "!", "~"])
  })
})
