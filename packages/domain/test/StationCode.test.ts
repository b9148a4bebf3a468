import { assert, describe, it } from "@effect/vitest"
import { StationCode } from "../src/StationCode.ts"
import { notRefused, notTaken } from "./Decoding.ts"

describe("StationCode", () => {
  it("takes the railway's codes and those of other feeds", () => {
    assert.isEmpty(notTaken(StationCode, ["HWH", "G", "de:08111:6118", "8400530", "a_b-c.d", "A".repeat(32)]))
  })

  it("refuses anything else", () => {
    assert.isEmpty(notRefused(
      StationCode,
      "Expected a station code: 1 to 32 letters, digits, dots, colons, underscores or hyphens",
      [
        "",
        "A".repeat(33),
        "New Delhi",
        "HWH\n",
        "HWH/1",
        "हावड़ा"
      ]
    ))
  })
})
