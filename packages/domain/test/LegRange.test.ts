import { assert, describe, it } from "@effect/vitest"
import { LegRange, stopsPerRouteMax } from "../src/LegRange.ts"
import { notRefused, notTaken } from "./Decoding.ts"

describe("LegRange", () => {
  it("is one leg at least", () => {
    assert.isEmpty(notTaken(LegRange, [{ from: 0, to: 1 }, { from: 3, to: 7 }, { from: 0, to: stopsPerRouteMax }]))
    assert.isEmpty(
      notRefused(LegRange, "Expected a journey that ends after it begins", [{ from: 1, to: 1 }, { from: 2, to: 1 }])
    )
  })
})
