import { Schema } from "effect"

/** A version of a seat configuration as an entity tag; the quotes may be left out. */
export const VersionTag = Schema.String.check(
  Schema.isPattern(/^(?:W\/)?(?:"\d{1,15}"|\d{1,15})$/, {
    expected: "the version as the ETag gave it, for example \"7\""
  })
)
