import { Schema } from "effect"

/** A station's code, for example `HWH`; feeds from elsewhere bring longer ones, such as `de:08111:6118`. */
export const StationCode = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9._:-]{1,32}$/, {
    expected: "a station code: 1 to 32 letters, digits, dots, colons, underscores or hyphens"
  })
).pipe(Schema.brand("StationCode")).annotate({ identifier: "StationCode" })
export type StationCode = typeof StationCode.Type
