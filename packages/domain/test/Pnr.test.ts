import { assert, describe, it } from "@effect/vitest"
import { Pnr } from "../src/Pnr.ts"
import { notRefused, notTaken } from "./Decoding.ts"

describe("Pnr", () => {
  it("is ten digits, the first not zero", () => {
    assert.isEmpty(notTaken(Pnr, ["4512345678", "1000000000", "9999999999"]))
    assert.isEmpty(notRefused(Pnr, "Expected a PNR of ten digits", [
      "",
      "451234567",
      "45123456789",
      "0512345678",
      "451-234567",
      "4512345678\n",
      "४५१२३४५६७८"
    ]))
  })
})
