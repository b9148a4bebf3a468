import { DateTime, Schema, SchemaTransformation } from "effect"

/** A time of PostgreSQL's as JSON has it. */
export const Instant = Schema.DateTimeUtcFromDate.pipe(
  Schema.decodeTo(
    Schema.String,
    SchemaTransformation.transform({ decode: DateTime.formatIso, encode: DateTime.makeUnsafe })
  )
)
