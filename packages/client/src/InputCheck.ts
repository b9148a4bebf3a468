import { InvalidRequest, type RequestIssue } from "@berth/domain/RequestErrors"
import { Effect, Schema, SchemaIssue } from "effect"

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

/** Refuses what the server would refuse, in the same words over every transport and without a call. */
export const makeInputCheck = <S extends Schema.Codec<unknown, unknown>>(schema: S, place: RequestIssue["in"]) => {
  const encode = Schema.encodeEffect(schema)
  return (input: S["Type"]): Effect.Effect<void, InvalidRequest> =>
    encode(input).pipe(
      Effect.asVoid,
      Effect.mapError(({ issue }) => {
        const errors = formatIssue(issue).issues.map(({ message, path = [] }) => ({
          in: place,
          path: path.map((part) => typeof part === "number" ? part : String(part)),
          message
        }))
        return new InvalidRequest({
          detail: errors.map(({ message, path }) => [...path, message].join(": ")).join("; "),
          errors
        })
      })
    )
}
