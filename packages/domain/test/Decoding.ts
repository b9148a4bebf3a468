import { Option, Result, Schema, SchemaIssue } from "effect"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

/** What is wrong with a value: the path of each flaw, joined by dots, and its first message. */
export const flawsOf = (schema: Schema.Decoder<unknown>, value: unknown): Readonly<Record<string, string>> =>
  Option.match(Result.getFailure(Schema.decodeUnknownResult(schema, { errors: "all" })(value)), {
    onNone: () => ({}),
    onSome: (error) =>
      Object.fromEntries(
        format(error.issue).issues.map((issue) => [(issue.path ?? []).map(String).join("."), issue.message])
          .toReversed()
      )
  })

/** Of the values, those that the schema refuses. */
export const notTaken = (
  schema: Schema.Decoder<unknown>,
  values: ReadonlyArray<unknown>
): ReadonlyArray<unknown> => values.filter((value) => Object.keys(flawsOf(schema, value)).length > 0)

/** Of the values, those that the schema takes, or refuses for another reason than the one given. */
export const notRefused = (
  schema: Schema.Decoder<unknown>,
  reason: string,
  values: ReadonlyArray<unknown>
): ReadonlyArray<unknown> =>
  values.filter((value) => JSON.stringify(flawsOf(schema, value)) !== JSON.stringify({ "": reason }))
