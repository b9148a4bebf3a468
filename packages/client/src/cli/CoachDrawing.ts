import type { SeatState } from "@berth/domain/Availability"
import { baysPerCoach, type CoachLayout } from "@berth/domain/CoachLayout"
import type { Quota } from "@berth/domain/Quota"
import { type BayPlan, bayPlan, type BayRow } from "./BayPlan.ts"
import { clip, type Line, line, type Span, span, trimmed } from "./Line.ts"

const labelWidth = 5

const numberOf = ({ seat }: SeatState): number => Number(seat.slice(seat.lastIndexOf("-") + 1))

/** What a coach's drawing is made from. */
interface Coach {
  readonly layout: CoachLayout
  readonly seats: ReadonlyMap<number, SeatState>
  /** Digits of the highest number. */
  readonly digits: number
  /** Draw the berths of other quotas without their numbers. */
  readonly quota: Quota | undefined
}

/** A free berth shows its number; a taken one is a block; one that is not for sale leaves its place empty. */
const cell = ({ digits, layout, quota, seats }: Coach, bay: number, position: number): Span => {
  const number = bay * layout.bay.length + position + 1
  const seat = seats.get(number)
  if (seat === undefined) return { text: " ".repeat(digits) }
  if (seat.state === "taken") return span("█".repeat(digits), "dim")
  return quota !== undefined && seat.quota !== quota
    ? span("·".repeat(digits), "dim")
    : span(String(number).padStart(digits), "green")
}

const wall = (walls: boolean): Span => span(walls ? "│" : "", "dim")

/** One row of some bays beside each other. */
const rowOf = (coach: Coach, { walls }: BayPlan, row: BayRow, bays: ReadonlyArray<number>): Line =>
  line(
    span(row.label.padEnd(labelWidth), "dim"),
    span("│", "dim"),
    ...bays.flatMap((bay, index) => [
      " ",
      ...row.positions.flatMap((position, at) => [at === 0 ? "" : " ", cell(coach, bay, position)]),
      walls ? " " : "",
      index < bays.length - 1 ? wall(walls) : ""
    ]),
    walls ? "" : " ",
    span("│", "dim")
  )

interface Corners {
  readonly left: string
  readonly middle: string
  readonly right: string
}

const top: Corners = { left: "┌", middle: "┬", right: "┐" }
const bottom: Corners = { left: "└", middle: "┴", right: "┘" }
const aisle: Corners = { left: "╞", middle: "╪", right: "╡" }

const ruleOf = (bayWidth: number, { walls }: BayPlan, bays: number, corners: Corners): Line => {
  const dash = corners === aisle ? "═" : "─"
  const piece = dash.repeat(bayWidth)
  const inner = Array.from({ length: bays }, () => piece).join(walls ? corners.middle : "") + (walls ? "" : dash)
  return line(" ".repeat(labelWidth), span(corners.left + inner + corners.right, "dim"))
}

/** The bays from one to another, drawn across the width that they have. */
const stretch = (coach: Coach, plan: BayPlan, bays: ReadonlyArray<number>, bayWidth: number): ReadonlyArray<Line> => {
  const rule = (corners: Corners) => ruleOf(bayWidth, plan, bays.length, corners)
  return [
    rule(top),
    ...plan.rows.flatMap((row, index) => [
      rowOf(coach, plan, row, bays),
      ...(index === plan.aisleAfter ? [rule(aisle)] : [])
    ]),
    rule(bottom)
  ]
}

const countByQuota = (seats: ReadonlyArray<SeatState>): string => {
  const counts = new Map<Quota, number>()
  for (const { quota, state } of seats) if (state === "free") counts.set(quota, (counts.get(quota) ?? 0) + 1)
  return [...counts].map(([quota, count]) => `${quota} ${count}`).join(", ")
}

/** A coach seen from above, with its berths, each line at most `width` columns wide; long coaches take several rows. */
export const drawCoach = (options: {
  readonly layout: CoachLayout
  readonly coach: string
  readonly seats: ReadonlyArray<SeatState>
  readonly quota: Quota | undefined
  readonly width: number
}): ReadonlyArray<Line> => {
  const { layout, quota, seats, width } = options
  const byNumber = new Map(seats.map((seat) => [numberOf(seat), seat]))
  const highest = Math.max(layout.berthsPerCoach, ...byNumber.keys())
  const coach: Coach = { layout, seats: byNumber, digits: String(highest).length, quota }
  const plan = bayPlan(layout)
  const columns = Math.max(...plan.rows.map(({ positions }) => positions.length))
  const bayWidth = columns * (coach.digits + 1) + (plan.walls ? 1 : 0)
  // A wall, or the end of the coach, follows each bay.
  const room = width - labelWidth - (plan.walls ? 1 : 3)
  const baysPerRow = Math.max(1, Math.floor(room / (bayWidth + (plan.walls ? 1 : 0))))
  const bays = Math.max(baysPerCoach(layout), Math.ceil(highest / layout.bay.length))
  const free = seats.filter(({ state }) => state === "free").length
  const counts = countByQuota(seats)
  const lines = [line(
    span(options.coach.padEnd(labelWidth), "bold"),
    `${free} of ${seats.length} free`,
    counts === "" ? "" : span(`  ${counts}`, "dim")
  )]
  for (let start = 0; start < bays; start += Math.min(baysPerRow, bays)) {
    const some = Array.from({ length: Math.min(baysPerRow, bays - start) }, (_, index) => start + index)
    lines.push(...stretch(coach, plan, some, bayWidth))
  }
  return lines.map((each) => clip(trimmed(each), width))
}
