import { Schema } from "effect"

/** Chosen by the caller and kept across retries: the same key gives the same booking. */
export const IdempotencyKey = Schema.String.check(
  Schema.isPattern(/^[\x21-\x7e]{1,128}$/, { expected: "an idempotency key: 1 to 128 printable ASCII characters" })
).pipe(Schema.brand("IdempotencyKey")).annotate({ identifier: "IdempotencyKey" })
export type IdempotencyKey = typeof IdempotencyKey.Type
