import type { BookingEvent } from "@berth/domain/BookingEvent"
import { counter, counters, histogram, note, timed } from "./Series.ts"

const published = counter("berth_events_published_total", "Events told to Redis")

const lagSeconds = histogram(
  "berth_event_lag_seconds",
  "From what happened to a booking until Redis was told of it, by PostgreSQL's clock"
)

/** What comes of an attempt: `failed` is tried again, `dead` was the last. */
const webhookOutcomes = ["delivered", "failed", "dead"] as const

const attempts = counters("berth_webhook_attempts_total", "Calls of webhooks, by what came of them", ["outcome"])

for (const outcome of webhookOutcomes) attempts(outcome)

/** Time of a call of a webhook, however it ends. */
export const timedWebhook = timed(histogram("berth_webhook_seconds", "Time that a call of a webhook took"))

export const notePublished = (events: ReadonlyArray<BookingEvent>, nowMillis: number): void => {
  note(published, events.length)
  for (const { at } of events) note(lagSeconds, Math.max(0, (nowMillis - Date.parse(at)) / 1000))
}

export const noteAttempt = (outcome: (typeof webhookOutcomes)[number]): void => note(attempts(outcome), 1)
