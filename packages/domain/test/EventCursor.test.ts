import { assert, describe, it } from "@effect/vitest"
import { EventCursor } from "../src/EventCursor.ts"
import { notRefused, notTaken } from "./Decoding.ts"

describe("EventCursor", () => {
  it("takes the ids of events, and what comes before the first", () => {
    assert.isEmpty(notTaken(EventCursor, ["0", "1", "4711", "999999999999999"]))
  })

  it("refuses what is no number that is exact", () => {
    assert.isEmpty(
      notRefused(EventCursor, "Expected a cursor or the id of an event", [
        "",
        "-1",
        "01",
        "1.5",
        "1e3",
        " 1",
        "x",
        "1000000000000000"
      ])
    )
  })
})
