import { assert, describe, it } from "@effect/vitest"
import { BerthName } from "../src/BerthName.ts"
import { notRefused, notTaken } from "./Decoding.ts"

describe("BerthName", () => {
  it("is a coach and a number", () => {
    assert.isEmpty(notTaken(BerthName, ["S3-21", "H1-1", "D40-108"]))
    assert.isEmpty(notRefused(BerthName, "Expected a berth name such as S3-21", [
      "",
      "S3",
      "S3-",
      "3-21",
      "s3-21",
      "S3 21",
      "S3-2100",
      "S3-21\n"
    ]))
  })
})
