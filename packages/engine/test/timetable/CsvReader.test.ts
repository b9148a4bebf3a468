import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { CsvReader, type CsvRow, csvRowCharactersMax, lineOfField } from "../../src/timetable/CsvReader.ts"

const readAll = (pieces: ReadonlyArray<string>): Array<CsvRow> => {
  const reader = new CsvReader()
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()]
}

const fieldsOf = (text: string) => readAll([text]).map(({ fields }) => fields)

const piecesOf = (text: string, length: number): Array<string> =>
  Array.from(
    { length: Math.ceil(text.length / length) },
    (_, index) => text.slice(index * length, (index + 1) * length)
  )

const Field = Schema.Array(Schema.Literals(["a", "é", " ", "\"", ",", "\n", "\r\n", "\u{1F682}", "1"])).check(
  Schema.isMaxLength(5)
)
const Cell = Schema.Struct({ text: Field, quoted: Schema.Boolean })
const Table = Schema.Struct({
  rows: Schema.Array(Schema.NonEmptyArray(Cell)).check(Schema.isMaxLength(6)),
  ending: Schema.Literals(["\n", "\r\n"]),
  pieceLength: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 12 }))
})

const print = ({ quoted, text }: typeof Cell.Type, isAlone: boolean): string => {
  const value = text.join("")
  const needsQuotes = /[",\n\r]/.test(value) || (isAlone && value === "")
  return quoted || needsQuotes ? `"${value.replaceAll("\"", "\"\"")}"` : value
}

describe("CsvReader", () => {
  it.prop("gives back what was printed, however it is quoted and cut into pieces", [Table], ([table]) => {
    const text = table.rows.map((row) => row.map((cell) => print(cell, row.length === 1)).join(",") + table.ending)
      .join("")
    const rows = readAll(piecesOf(text, table.pieceLength))
    assert.deepStrictEqual(
      rows.map(({ fields }) => fields),
      table.rows.map((row) => row.map((cell) => cell.text.join("")))
    )
    assert.isTrue(rows.every(({ problem }) => problem === undefined))
  })

  it("skips blank lines and needs no line break at the end", () => {
    assert.deepStrictEqual(fieldsOf("a,b\n\n\r\n1,2\n\n3,"), [["a", "b"], ["1", "2"], ["3", ""]])
  })

  it("tells the line on which a row and each of its fields begin", () => {
    const rows = readAll(["a,b,c\n\n\"x\ny\",\"z\n\",w\nlast"])
    assert.deepStrictEqual(rows.map(({ line }) => line), [1, 3, 6])
    const row = rows[1]
    assert.isDefined(row)
    assert.deepStrictEqual([0, 1, 2].map((index) => lineOfField(row, index)), [3, 4, 5])
  })

  it("names a quote that is never closed by the line on which its row begins", () => {
    const rows = readAll(["a\n\"b", "\nc,d\n"])
    assert.strictEqual(rows[1]?.line, 2)
    assert.include(rows[1]?.problem, "never closed")
  })

  it("gives up on a row that does not end instead of holding the rest of the file", () => {
    const piece = "x\n".repeat(100_000)
    const pieces = Array.from({ length: Math.ceil(csvRowCharactersMax / piece.length) + 3 }, () => piece)
    const rows = readAll(["a\n\"", ...pieces])
    assert.deepStrictEqual(rows.map(({ problem }) => problem !== undefined), [false, true])
  })

  it("refuses text after a closing quote", () => {
    assert.include(readAll(["\"a\"b,c\n"])[0]?.problem, "after a closing quote")
    assert.isUndefined(readAll(["\"a\" ,c\n"])[0]?.problem)
  })
})
