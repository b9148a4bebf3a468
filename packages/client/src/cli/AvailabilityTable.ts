import type { Availability, QuotaAvailability } from "@berth/domain/Availability"
import { berthTypes } from "@berth/domain/BerthType"
import { type Line, line, span } from "./Line.ts"
import { inQuotaOrder } from "./QuotaOrder.ts"
import { table } from "./Table.ts"

const waitlistCell = ({ waitlist }: QuotaAvailability): Line =>
  waitlist === null ? line(span("none", "dim")) : line(`${waitlist.waiting} of ${waitlist.max}`)

/** Where the columns of berth types stand. */
const typesAt = 4

const number = (title: string) => ({ title, align: "right" } as const)

/** Free berths by class, quota and berth type, each line at most `width` columns wide. */
export const availabilityTable = (
  classes: Availability["classes"],
  width: number
): ReadonlyArray<Line> => {
  const quotas = classes.flatMap((each) =>
    inQuotaOrder(each.quotas).map((quota) => Object.assign({ travelClass: each.travelClass }, quota))
  )
  const types = berthTypes.filter((type) => quotas.some(({ berths }) => berths[type] !== undefined))
  const berthCells = ({ berths }: QuotaAvailability) => types.map((type) => line(String(berths[type] ?? "")))
  const rows = quotas.map((row, index) =>
    [
      line(span(quotas[index - 1]?.travelClass === row.travelClass ? "" : row.travelClass, "bold")),
      line(row.quota),
      line(row.quotaName),
      line(span(String(row.free), row.free > 0 ? "green" : "red")),
      waitlistCell(row)
    ].toSpliced(typesAt, 0, ...berthCells(row))
  )
  return table(
    [
      { title: "Class" },
      { title: "Quota" },
      { title: "", widthMin: 7 },
      number("Free"),
      ...types.map(number),
      { title: "Waiting", align: "right", widthMin: 4 }
    ],
    rows,
    width
  )
}
