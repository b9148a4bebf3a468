import { Effect, Result, Schema, SchemaAST, SchemaIssue, Stream } from "effect"
import { CsvReader, type CsvRow, lineOfField } from "./CsvReader.ts"
import type { FeedFiles } from "./FeedFiles.ts"
import type { ReportProgress } from "./ImportProgress.ts"
import type { ProblemLog } from "./ProblemLog.ts"

/** A file of a feed and what a row of it must look like. Columns that it does not name are ignored. */
export interface FeedTable<Row> {
  readonly file: string
  readonly columns: ReadonlyArray<string>
  readonly requiredColumns: ReadonlyArray<string>
  readonly decode: (row: Readonly<Record<string, string>>) => Result.Result<Row, Schema.SchemaError>
}

export const feedTable = <S extends Schema.Struct<Schema.Struct.Fields> & { readonly DecodingServices: never }>(
  file: string,
  row: S
): FeedTable<S["Type"]> => {
  const decode = Schema.decodeUnknownResult(row, { errors: "all" })
  const fields = Object.entries(row.fields)
  return {
    file,
    columns: fields.map(([name]) => name),
    requiredColumns: fields.flatMap(([name, field]) => SchemaAST.isOptional(field.ast) ? [] : [name]),
    decode: (values) => decode(values)
  }
}

export interface FeedReading {
  readonly feed: FeedFiles
  readonly log: ProblemLog
  readonly report: ReportProgress
}

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** Gives every row of a file to `onRow`, holding none itself. A file that is not there has no rows. */
export const readTable = <Row>(
  { feed, log, report }: FeedReading,
  table: FeedTable<Row>,
  onRow: (row: Row, line: number) => void
) =>
  Effect.gen(function*() {
    const total = feed.bytes.get(table.file)
    if (total === undefined) return
    const phase = `Reading ${table.file}`
    const reader = new CsvReader()
    const rows = new RowDecoder(table, log, onRow)
    // Fatal, because a wrong encoding would show up much later as wrong names; it also takes off a byte-order mark.
    const decoder = new TextDecoder("utf-8", { fatal: true })
    let done = 0
    const take = (chunk: Uint8Array | undefined): void => {
      try {
        const text = decoder.decode(chunk, { stream: chunk !== undefined })
        for (const row of reader.push(text)) rows.take(row)
      } catch (cause) {
        if (!(cause instanceof TypeError)) throw cause
        log.add(table.file, null, null, "it is not in UTF-8")
      }
    }
    yield* report({ phase, done, total })
    yield* Stream.runForEach(feed.read(table.file), (chunk) =>
      Effect.gen(function*() {
        take(chunk)
        done += chunk.length
        yield* log.failIfFull
        yield* report({ phase, done, total })
      }))
    take(undefined)
    for (const row of reader.end()) rows.take(row)
    if (!rows.hasHeader) log.add(table.file, null, null, "it is empty: the first line must name the columns")
    yield* log.failIfFull
  }).pipe(Effect.withSpan("FeedTable.read", { attributes: { file: table.file } }))

class RowDecoder<Row> {
  #header: ReadonlyArray<string> | undefined
  readonly #table: FeedTable<Row>
  readonly #log: ProblemLog
  readonly #onRow: (row: Row, line: number) => void
  #wanted: ReadonlyArray<readonly [index: number, column: string]> = []
  #isUsable = true

  constructor(table: FeedTable<Row>, log: ProblemLog, onRow: (row: Row, line: number) => void) {
    this.#table = table
    this.#log = log
    this.#onRow = onRow
  }

  get hasHeader(): boolean {
    return this.#header !== undefined
  }

  take(row: CsvRow): void {
    const { file } = this.#table
    if (row.problem !== undefined) {
      this.#log.add(file, row.line, null, row.problem)
    } else if (this.#header === undefined) {
      this.#takeHeader(row)
    } else if (row.fields.slice(this.#header.length).some((field) => field !== "")) {
      const { length } = row.fields
      this.#log.add(file, row.line, null, `it has ${length} fields, and the header ${this.#header.length} columns`)
    } else if (this.#isUsable) {
      this.#decode(row)
    }
  }

  #takeHeader(row: CsvRow): void {
    const header = row.fields.map((name) => name.trim())
    this.#header = header
    for (const column of this.#table.requiredColumns) {
      if (header.includes(column)) continue
      this.#log.add(this.#table.file, null, column, "this required column is missing")
      this.#isUsable = false
    }
    this.#wanted = this.#table.columns.flatMap((column) => {
      const index = header.indexOf(column)
      return index === -1 ? [] : [[index, column] as const]
    })
  }

  #decode(row: CsvRow): void {
    const values: Record<string, string> = {}
    for (const [index, column] of this.#wanted) {
      const value = row.fields[index]?.trim()
      if (value !== undefined && value !== "") values[column] = value
    }
    const decoded = this.#table.decode(values)
    if (Result.isSuccess(decoded)) return this.#onRow(decoded.success, row.line)
    const seen = new Set<string>()
    for (const { message, path } of issuesOf(decoded.failure.issue).issues) {
      const column = String(path?.[0] ?? "")
      if (seen.has(column)) continue
      seen.add(column)
      const value = values[column]
      const index = this.#wanted.find(([, name]) => name === column)?.[0] ?? 0
      const problem = value === undefined
        ? "this value is required"
        : `${message.charAt(0).toLowerCase()}${message.slice(1)}, got ${JSON.stringify(value)}`
      this.#log.add(this.#table.file, lineOfField(row, index), column, problem)
    }
  }
}
