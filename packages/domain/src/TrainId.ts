import { Schema } from "effect"

/** A train's number or name in the timetable, for example `12345`. */
export const TrainId = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9._-]{1,32}$/, {
    expected: "a train id: 1 to 32 letters, digits, dots, underscores or hyphens"
  })
).pipe(Schema.brand("TrainId")).annotate({ identifier: "TrainId" })
export type TrainId = typeof TrainId.Type
