import { clip, type Line, line, padTo, span, trimmed, widthOf } from "./Line.ts"

export interface Column {
  readonly title: string
  readonly align?: "left" | "right"
  /** Narrowest that the column may be made; it keeps its full width where this is absent. */
  readonly widthMin?: number
}

const gap = { text: "  " }

/** Narrows the widest of the columns that may be narrowed, until all fit. */
const fitted = (columns: ReadonlyArray<Column>, natural: ReadonlyArray<number>, width: number) => {
  const widths = [...natural]
  let excess = widths.reduce((sum, each) => sum + each, gap.text.length * (widths.length - 1)) - width
  while (excess > 0) {
    let widest = -1
    for (const [index, { widthMin }] of columns.entries()) {
      const room = (widths[index] ?? 0) - (widthMin ?? Infinity)
      if (room > 0 && (widest < 0 || (widths[index] ?? 0) > (widths[widest] ?? 0))) widest = index
    }
    if (widest < 0) break
    widths[widest] = (widths[widest] ?? 0) - 1
    excess--
  }
  return widths
}

/** Rows under their titles, each line at most `width` columns wide. */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<Line>>,
  width: number
): ReadonlyArray<Line> => {
  const titles = columns.map(({ title }) => line(span(title, "dim")))
  const all = [titles, ...rows]
  const natural = columns.map((_, index) => Math.max(...all.map((row) => widthOf(row[index] ?? []))))
  const widths = fitted(columns, natural, width)
  return all.map((row) => {
    const cells = columns.flatMap(({ align }, index) => {
      const cellWidth = widths[index] ?? 0
      const cell = padTo(clip(row[index] ?? [], cellWidth), cellWidth, align)
      return index === 0 ? cell : [gap, ...cell]
    })
    return clip(trimmed(cells), width)
  })
}
