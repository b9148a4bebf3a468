import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { line, toText, widthOf } from "../../src/cli/Line.ts"
import { table } from "../../src/cli/Table.ts"
import { AnyText, Width } from "./TerminalText.ts"

const Row = Schema.Struct({ name: AnyText, free: Schema.Int })
const Rows = Schema.Array(Row)

const columns = [{ title: "Name", widthMin: 3 }, { title: "Free", align: "right" }] as const

const draw = (rows: typeof Rows.Type, width: number) =>
  table(columns, rows.map(({ free, name }) => [line(name), line(String(free))]), width)

describe("a table", () => {
  it.prop("has a line for each row under its titles, none wider than the width", [Rows, Width], ([rows, width]) => {
    const lines = draw(rows, width)
    assert.strictEqual(lines.length, rows.length + 1)
    for (const each of lines) assert.isAtMost(widthOf(each), width)
  })

  it.prop("ends every row at one column where the last is aligned to the right", [Rows], ([rows]) => {
    const widths = new Set(draw(rows, Infinity).map(widthOf))
    assert.strictEqual(widths.size, 1)
  })

  it("narrows the columns that may be narrowed, and says so", () => {
    const lines = draw([{ name: "Saraighat Express", free: 576 }], 16).map((each) => toText(each, false))
    assert.deepStrictEqual(lines, ["Name        Free", "Saraighat…   576"])
  })

  it("cuts nothing where nobody says how wide it may be", () => {
    const lines = draw([{ name: "x".repeat(500), free: 1 }], Infinity)
    assert.include(toText(lines[1] ?? [], false), "x".repeat(500))
  })
})
