import { Schema } from "effect"

/** Who books. */
export const UserId = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9._@-]{1,64}$/, { expected: "a user id: 1 to 64 letters, digits, or any of . _ @ -" })
).pipe(Schema.brand("UserId")).annotate({ identifier: "UserId" })
export type UserId = typeof UserId.Type
