import type { CoachLayout } from "@berth/domain/CoachLayout"

/** Positions of a bay that are drawn beside each other. */
export interface BayRow {
  readonly label: string
  readonly positions: ReadonlyArray<number>
}

/** How a bay is drawn: across the coach from top to bottom, with the aisle where it is. */
export interface BayPlan {
  readonly rows: ReadonlyArray<BayRow>
  /** The aisle is below this row; nothing where the compartments fill the coach. */
  readonly aisleAfter: number | undefined
  /** Whether bays are compartments, not rows of seats. */
  readonly walls: boolean
}

const seated = ({ bay }: CoachLayout): BayPlan => ({
  // A bay is one row of seats across; the coach is drawn lengthwise, so each seat of it gets a line.
  rows: bay.map((type, position) => ({ label: type, positions: [position] })),
  aisleAfter: bay.findIndex((type, position) => type === "AS" && bay[position + 1] === "AS"),
  walls: false
})

const tiers = ["UB", "MB", "LB"] as const
const sides = ["SL", "SU"] as const

const sleeping = ({ bay }: CoachLayout): BayPlan => {
  const positionsOf = (type: string) => bay.flatMap((each, position) => each === type ? [position] : [])
  const main = tiers.map((label) => ({ label, positions: positionsOf(label) })).filter(({ positions }) =>
    positions.length > 0
  )
  const side = { label: "side", positions: sides.flatMap(positionsOf) }
  return side.positions.length === 0
    ? { rows: main, aisleAfter: undefined, walls: true }
    : { rows: [...main, side], aisleAfter: main.length - 1, walls: true }
}

/** The drawing of a bay, from the types of its berths. */
export const bayPlan = (layout: CoachLayout): BayPlan => layout.bay.includes("AS") ? seated(layout) : sleeping(layout)
