import { describe, it } from "@effect/vitest"
import { Pnr } from "../src/Pnr.ts"
import { assertRefuses, assertTakes } from "./Decoding.ts"

describe("Pnr", () => {
  it("is ten digits, the first not zero", () => {
    assertTakes(Pnr, ["4512345678", "1000000000", "9999999999"])
    assertRefuses(Pnr, "Expected a PNR of ten digits", [
      "",
      "451234567",
      "45123456789",
      "0512345678",
      "451-234567",
      "4512345678\n",
      "४५१२३४५६७८"
    ])
  })
})
