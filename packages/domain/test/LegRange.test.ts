import { describe, it } from "@effect/vitest"
import { LegRange, stopsPerRouteMax } from "../src/LegRange.ts"
import { assertRefuses, assertTakes } from "./Decoding.ts"

describe("LegRange", () => {
  it("is one leg at least", () => {
    assertTakes(LegRange, [{ from: 0, to: 1 }, { from: 3, to: 7 }, { from: 0, to: stopsPerRouteMax }])
    assertRefuses(LegRange, "Expected a journey that ends after it begins", [{ from: 1, to: 1 }, { from: 2, to: 1 }])
  })
})
