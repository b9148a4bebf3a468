import { Schema } from "effect"
import { BookingCursor } from "./BookingCursor.ts"
import { JourneyDate } from "./JourneyDate.ts"
import { PersonName } from "./PersonName.ts"
import { Pnr } from "./Pnr.ts"
import { TrainId } from "./TrainId.ts"
import { UserId } from "./UserId.ts"

const run = { trainId: TrainId, date: JourneyDate }

/**
 * What a clerk looks for: a PNR, a person's bookings, or a run's, all or those with a passenger whose name begins like
 * this, whatever the case. A name is looked for on one run only, so that nobody goes through a nation by name.
 */
export const BookingQuestion = Schema.Union([
  Schema.Struct({ by: Schema.Literal("pnr"), pnr: Pnr }),
  Schema.Struct({ by: Schema.Literal("person"), userId: UserId }),
  Schema.Struct({ by: Schema.Literal("run"), ...run }),
  Schema.Struct({ by: Schema.Literal("name"), ...run, namePrefix: PersonName })
]).annotate({ identifier: "BookingQuestion" })
export type BookingQuestion = typeof BookingQuestion.Type

/** A search goes in a body, because addresses of calls end in logs. */
export const BookingSearch = Schema.Struct({
  question: BookingQuestion,
  cursor: Schema.optionalKey(BookingCursor)
}).annotate({ identifier: "BookingSearch" })
export type BookingSearch = typeof BookingSearch.Type
