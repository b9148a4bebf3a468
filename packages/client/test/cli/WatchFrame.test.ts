import { JourneyDate } from "@berth/domain/JourneyDate"
import { StationCode } from "@berth/domain/StationCode"
import { TrainId } from "@berth/domain/TrainId"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { toText, widthOf } from "../../src/cli/Line.ts"
import { type Pool, type Sight, watchFrame } from "../../src/cli/WatchFrame.ts"
import { AnyText, Width } from "./TerminalText.ts"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5_000 }))
const Pools = Schema.Array(Schema.Struct({ free: Count, taken: Count, change: Count }))
const Height = Schema.Int.check(Schema.isBetween({ minimum: 5, maximum: 60 }))

const run = {
  trainId: TrainId.make("12345"),
  date: JourneyDate.make("2026-12-05"),
  from: StationCode.make("HWH"),
  to: StationCode.make("GHY")
}

const poolOf = (free: number, total: number, change = 0): Pool => ({
  travelClass: "SL",
  quota: "GN",
  free,
  total,
  change
})

const sightOf = (pools: ReadonlyArray<Pool>): Sight => ({ run, pools, clock: "22:41:07" })

const barOf = (free: number, total: number): string =>
  watchFrame(sightOf([poolOf(free, total)]), 80, 24).map((each) => toText(each, false)).join("\n").match(/[█░]+/)
    ?.[0] ??
    ""

describe("a frame of a watch", () => {
  it.prop("fits the terminal, however much there is to show", [Pools, AnyText, Width, Height], ([
    pools,
    lost,
    width,
    height
  ]) => {
    const sight = sightOf(pools.map(({ change, free, taken }) => poolOf(free, free + taken, -change)))
    for (const each of [sight, { ...sight, lost }]) {
      const lines = watchFrame(each, width, height)
      // One line stays free for the cursor.
      assert.isBelow(lines.length, height)
      for (const text of lines) assert.isAtMost(widthOf(text), width)
    }
  })

  it("fills its bar with what is taken, and looks full only when nothing is free", () => {
    assert.notInclude(barOf(100, 100), "█")
    assert.include(barOf(99, 100), "█")
    assert.include(barOf(1, 5_000), "░")
    assert.notInclude(barOf(0, 100), "░")
    assert.notInclude(barOf(0, 0), "█")
  })

  it("says how many have gone since it began", () => {
    const text = watchFrame(sightOf([poolOf(412, 576, -3)]), 80, 24).map((each) => toText(each, false)).join("\n")
    assert.include(text, "412 of 576 free  −3")
  })
})
