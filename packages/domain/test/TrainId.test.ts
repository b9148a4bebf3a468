import { assert, describe, it } from "@effect/vitest"
import { TrainId } from "../src/TrainId.ts"
import { notRefused, notTaken } from "./Decoding.ts"

describe("TrainId", () => {
  it("takes train numbers and the ids of other feeds", () => {
    assert.isEmpty(notTaken(TrainId, ["12345", "1", "ICE_101", "RB-12.a", "a".repeat(32)]))
  })

  it("refuses what would not fit in a path, a key or a column", () => {
    assert.isEmpty(notRefused(TrainId, "Expected a train id: 1 to 32 letters, digits, dots, underscores or hyphens", [
      "",
      "a".repeat(33),
      "12 345",
      "12345\n",
      "../12345",
      "a:b",
      "{12345}",
      "१२३४५",
      "12345\u0000"
    ]))
  })
})
