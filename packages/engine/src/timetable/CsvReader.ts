const quote = 34
const comma = 44
const lineFeed = 10
const carriageReturn = 13

/** A longer row is a quote that was never closed; without a limit it would be the rest of the file. */
export const csvRowCharactersMax = 1_048_576

export interface CsvRow {
  /** The line on which the row begins, from 1. */
  readonly line: number
  readonly fields: ReadonlyArray<string>
  readonly problem: string | undefined
}

const lineFeedsIn = (text: string): number => {
  let count = 0
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++
  return count
}

/** The line on which a field of the row begins: fields before it may hold line breaks. */
export const lineOfField = (row: CsvRow, index: number): number =>
  row.fields.slice(0, index).reduce((line, field) => line + lineFeedsIn(field), row.line)

/**
 * Reads CSV (RFC 4180) piece by piece, holding no more than the row that is being read. Blank lines are skipped; a line
 * may end in LF or CRLF.
 */
export class CsvReader {
  #rest = ""
  #line = 1
  #broken = false

  push(text: string): Array<CsvRow> {
    return this.#take(text, false)
  }

  /** What stands after the last line break. */
  end(): Array<CsvRow> {
    return this.#take("", true)
  }

  #take(piece: string, last: boolean): Array<CsvRow> {
    const rows: Array<CsvRow> = []
    if (this.#broken) return rows
    const text = this.#rest + piece
    let start = 0
    while (start < text.length) {
      const row = scanRow(text, start, last)
      if (row === undefined) break
      if (row.fields.length > 1 || row.fields[0] !== "" || row.quoted) {
        rows.push({ line: this.#line, fields: row.fields, problem: row.problem })
      }
      this.#line += lineFeedsIn(text.slice(start, row.end))
      start = row.end
    }
    this.#rest = text.slice(start)
    if (this.#rest.length > csvRowCharactersMax) {
      this.#broken = true
      rows.push({ line: this.#line, fields: [], problem: "this row does not end: is a quote not closed?" })
    }
    return rows
  }
}

interface ScannedRow {
  readonly fields: ReadonlyArray<string>
  readonly end: number
  readonly quoted: boolean
  readonly problem: string | undefined
}

/** The row at `start`, or undefined if the text may end before the row does. */
const scanRow = (text: string, start: number, last: boolean): ScannedRow | undefined => {
  const fields: Array<string> = []
  let quoted = false
  let problem: string | undefined
  let at = start
  while (true) {
    const closing = text.charCodeAt(at) === quote ? closingQuote(text, at + 1) : undefined
    if (closing === -1) {
      return last
        ? { fields, end: text.length, quoted: true, problem: "a quote is opened and never closed" }
        : undefined
    }
    const plainStart = closing === undefined ? at : closing + 1
    let end = plainStart
    while (end < text.length && text.charCodeAt(end) !== comma && text.charCodeAt(end) !== lineFeed) end++
    if (end === text.length && !last) return undefined
    const endsRow = end === text.length || text.charCodeAt(end) === lineFeed
    const cut = endsRow && end > plainStart && text.charCodeAt(end - 1) === carriageReturn ? end - 1 : end
    const plain = text.slice(plainStart, cut)
    if (closing === undefined) {
      fields.push(plain)
    } else {
      quoted = true
      fields.push(text.slice(at + 1, closing).replaceAll("\"\"", "\""))
      if (plain.trim() !== "") problem ??= `text after a closing quote: ${JSON.stringify(plain.slice(0, 40))}`
    }
    if (endsRow) return { fields, end: Math.min(end + 1, text.length), quoted, problem }
    at = end + 1
  }
}

const closingQuote = (text: string, start: number): number => {
  let at = text.indexOf("\"", start)
  while (at !== -1 && text.charCodeAt(at + 1) === quote) at = text.indexOf("\"", at + 2)
  return at
}
