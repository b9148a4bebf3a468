import type { SeatState } from "@berth/domain/Availability"
import { BerthName } from "@berth/domain/BerthName"
import { coachLayouts } from "@berth/domain/rules/CoachLayouts"
import { TravelClass, travelClasses } from "@berth/domain/TravelClass"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { drawCoach } from "../../src/cli/CoachDrawing.ts"
import { travelClassCodes } from "../../src/cli/JourneyParams.ts"
import { toText, widthOf } from "../../src/cli/Line.ts"
import { Width } from "./TerminalText.ts"

type State = "free" | "taken" | "unsold"

/** States of the berths of a coach, repeated as often as it is long. */
const States = Schema.NonEmptyArray(Schema.Literals(["free", "taken", "unsold"]))

const seatsOf = (travelClass: TravelClass, states: ReadonlyArray<State>): ReadonlyArray<SeatState> => {
  const layout = coachLayouts[travelClass]
  return Array.from({ length: layout.berthsPerCoach }, (_, index) => index).flatMap((index) => {
    const state = states[index % states.length] ?? "free"
    const berth = layout.bay[index % layout.bay.length] ?? "LB"
    const coach = `${layout.coachPrefix}1`
    const seat = BerthName.make(`${coach}-${index + 1}`)
    return state === "unsold" ? [] : [{ seat, coach, berth, quota: "GN", state } as const]
  })
}

const draw = (travelClass: TravelClass, seats: ReadonlyArray<SeatState>, width: number) =>
  drawCoach({ layout: coachLayouts[travelClass], coach: "X1", seats, quota: undefined, width })

const numbersOf = (seats: ReadonlyArray<SeatState>, state: State) =>
  seats.filter((each) => each.state === state).map(({ seat }) => Number(seat.slice(seat.indexOf("-") + 1)))

describe("a drawn coach", () => {
  it.prop("is no wider than the terminal", [TravelClass, States, Width], ([travelClass, states, width]) => {
    for (const each of draw(travelClass, seatsOf(travelClass, states), width)) assert.isAtMost(widthOf(each), width)
  })

  it.prop("shows every berth once", [TravelClass, States, Width], ([travelClass, states, width]) => {
    const seats = seatsOf(travelClass, states)
    const [, ...drawing] = draw(travelClass, seats, width).map((each) => toText(each, false))
    const shown = drawing.join("\n").match(/\d+/g)?.map(Number) ?? []
    assert.deepStrictEqual(shown.toSorted((a, b) => a - b), numbersOf(seats, "free"))
    const taken = drawing.join("\n").match(/█+/g)?.length ?? 0
    assert.strictEqual(taken, numbersOf(seats, "taken").length)
  })

  it("shows berths of other quotas as such", () => {
    const [first, ...others] = seatsOf("SL", ["free"])
    assert(first !== undefined)
    const seats: ReadonlyArray<SeatState> = [{ ...first, quota: "TQ" }, ...others]
    const lines = drawCoach({ layout: coachLayouts.SL, coach: "S1", seats, quota: "GN", width: 80 })
    const text = lines.map((each) => toText(each, false)).join("\n")
    assert.strictEqual(text.match(/··/g)?.length, 1)
    assert.include(text, "72 of 72 free  TQ 1, GN 71")
  })

  it("puts the tiers above each other and the side berths across the aisle", () => {
    const lines = draw("SL", seatsOf("SL", ["free"]), 80).map((each) => toText(each, false))
    assert.deepStrictEqual(lines.slice(2, 7).map((each) => each.slice(0, 22)), [
      "UB   │  3  6 │ 11 14 │",
      "MB   │  2  5 │ 10 13 │",
      "LB   │  1  4 │  9 12 │",
      "     ╞═══════╪═══════╪",
      "side │  7  8 │ 15 16 │"
    ])
  })

  it("puts the seats of a chair car beside its aisle", () => {
    const labels = draw("CC", seatsOf("CC", ["free"]), 80).map((each) => toText(each, false).slice(0, 9))
    assert.deepStrictEqual(labels.slice(2, 8), [
      "WS   │  1",
      "MS   │  2",
      "AS   │  3",
      "     ╞═══",
      "AS   │  4",
      "WS   │  5"
    ])
  })

  it("draws a berth that its layout does not have", () => {
    const [seat] = seatsOf("SL", ["free"])
    assert(seat !== undefined)
    const lines = draw("SL", [{ ...seat, seat: BerthName.make("S1-80") }], 200).map((each) => toText(each, false))
    assert.match(lines.join("\n"), /\b80\b/)
  })
})

describe("the flag --class", () => {
  it("takes every class of the domain", () => {
    assert.deepStrictEqual([...travelClassCodes], [...travelClasses])
  })
})
