import { assert } from "@effect/vitest"
import { Option, Result, Schema, SchemaIssue } from "effect"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** What is wrong with a value: the path of each flaw, joined by dots, and its message. */
export const flawsOf = (schema: Schema.Decoder<unknown>, value: unknown): Readonly<Record<string, string>> =>
  Option.match(Result.getFailure(Schema.decodeUnknownResult(schema, { errors: "all" })(value)), {
    onNone: () => ({}),
    onSome: (error) =>
      Object.fromEntries(
        format(error.issue).issues.map((issue) => [(issue.path ?? []).map(String).join("."), issue.message])
      )
  })

export const assertTakes = (schema: Schema.Decoder<unknown>, values: ReadonlyArray<unknown>): void => {
  for (const value of values) assert.deepStrictEqual(flawsOf(schema, value), {}, JSON.stringify(value))
}

/** Asserts that each value is refused as a whole, for the given reason. */
export const assertRefuses = (
  schema: Schema.Decoder<unknown>,
  expected: string,
  values: ReadonlyArray<unknown>
): void => {
  for (const value of values) assert.deepStrictEqual(flawsOf(schema, value), { "": expected }, JSON.stringify(value))
}
