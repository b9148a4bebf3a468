import { addDays, type JourneyDate } from "../JourneyDate.ts"

/** Days ahead that are on sale, the journey day not counted: the advance reservation period since 2024-11-01. */
export const bookingWindowDays = 60

/** First and last journey day on sale when it is `today` where the train starts. */
export const bookingWindow = (today: JourneyDate): { readonly first: JourneyDate; readonly last: JourneyDate } => ({
  first: today,
  last: addDays(today, bookingWindowDays)
})
