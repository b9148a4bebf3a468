import { Schema } from "effect"
import { BookingEvent } from "./BookingEvent.ts"
import { EventCursor } from "./EventCursor.ts"
import { Problem } from "./Problem.ts"

/** Webhooks that one person may have. */
export const webhooksPerPersonMax = 10

/** Dead letters on a page, and those that one call may ask to be sent again. */
export const deadLettersPerCallMax = 100

export const WebhookId = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }))

/** An address to call: no password in it, and no part that is not sent. Names of other scripts are given in Punycode. */
export const WebhookUrl = Schema.String.check(
  Schema.isMaxLength(500),
  Schema.isPattern(/^https?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:[/?][\x21\x22\x24-\x7e]*)?$/, {
    expected: "an address such as https://example.org/berth, without password or fragment"
  })
)

/** `own`: of the bookings that its owner made; `all`: of every booking, for those who run the railway. */
export const WebhookScope = Schema.Literals(["own", "all"]).annotate({ identifier: "WebhookScope" })
export type WebhookScope = typeof WebhookScope.Type

export const NewWebhook = Schema.Struct({ url: WebhookUrl, scope: Schema.optionalKey(WebhookScope) }).annotate({
  identifier: "NewWebhook"
})
export type NewWebhook = typeof NewWebhook.Type

const webhook = {
  id: WebhookId,
  url: Schema.String,
  scope: WebhookScope,
  /** Instant, ISO 8601, UTC. */
  createdAt: Schema.String
}

export const Webhook = Schema.Struct({
  ...webhook,
  /** Events still to be sent, and those that were given up. */
  pending: Schema.Int,
  dead: Schema.Int
}).annotate({ identifier: "Webhook" })
export type Webhook = typeof Webhook.Type

export const WebhookList = Schema.Struct({ webhooks: Schema.Array(Webhook) }).annotate({ identifier: "WebhookList" })

export const WebhookMade = Schema.Struct({
  ...webhook,
  /** Signs what is sent; shown this once. */
  secret: Schema.RedactedFromValue(Schema.String)
}).annotate({ identifier: "WebhookMade" })
export type WebhookMade = typeof WebhookMade.Type

/** An event that could not be sent. */
export const DeadLetter = Schema.Struct({
  event: BookingEvent,
  attempts: Schema.Int,
  /** What came of the last attempt. */
  failure: Schema.String
}).annotate({ identifier: "DeadLetter" })
export type DeadLetter = typeof DeadLetter.Type

export const DeadLetterPage = Schema.Struct({
  deadLetters: Schema.Array(DeadLetter),
  /** Send it back as `cursor` for the next page; absent on the last. */
  nextCursor: Schema.optionalKey(EventCursor)
}).annotate({ identifier: "DeadLetterPage" })
export type DeadLetterPage = typeof DeadLetterPage.Type

/** Which are to be sent again; all where absent. */
export const ReplayRequest = Schema.Struct({
  events: Schema.optionalKey(Schema.NonEmptyArray(EventCursor).check(Schema.isMaxLength(deadLettersPerCallMax)))
}).annotate({ identifier: "ReplayRequest" })
export type ReplayRequest = typeof ReplayRequest.Type

export const Replay = Schema.Struct({ replayed: Schema.Int }).annotate({ identifier: "Replay" })

export class WebhookNotFound
  extends Problem<WebhookNotFound>()("WebhookNotFound", 404, "No such webhook", { id: WebhookId })
{}

export class TooManyWebhooks
  extends Problem<TooManyWebhooks>()("TooManyWebhooks", 409, "Too many webhooks", { webhooksMax: Schema.Int })
{}

/** An address of the network that Berth runs in, or one without encryption. */
export class WebhookUrlRefused
  extends Problem<WebhookUrlRefused>()("WebhookUrlRefused", 422, "Address not allowed", { url: Schema.String })
{}
