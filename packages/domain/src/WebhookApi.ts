import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { HttpAuth } from "./Auth.ts"
import { EventCursor } from "./EventCursor.ts"
import { Forbidden } from "./RequestErrors.ts"
import { StoreUnavailable } from "./ServiceErrors.ts"
import {
  DeadLetterPage,
  NewWebhook,
  Replay,
  ReplayRequest,
  TooManyWebhooks,
  WebhookId,
  WebhookList,
  WebhookMade,
  WebhookNotFound,
  WebhookUrlRefused
} from "./Webhook.ts"

export const addWebhookErrors = [WebhookUrlRefused, TooManyWebhooks, Forbidden, StoreUnavailable] as const

export const webhookErrors = [WebhookNotFound, StoreUnavailable] as const

const one = { params: { id: WebhookId } }

/** Calls that Berth makes when something happens. */
export class WebhookApi extends HttpApiGroup.make("webhooks").add(
  HttpApiEndpoint.get("webhooks", "/webhooks", { success: WebhookList, error: StoreUnavailable }),
  HttpApiEndpoint.post("addWebhook", "/webhooks", {
    payload: NewWebhook,
    success: WebhookMade.pipe(HttpApiSchema.status(201)),
    error: addWebhookErrors
  }),
  HttpApiEndpoint.delete("removeWebhook", "/webhooks/:id", {
    ...one,
    success: HttpApiSchema.NoContent,
    error: webhookErrors
  }),
  HttpApiEndpoint.get("deadLetters", "/webhooks/:id/dead-letters", {
    ...one,
    query: { cursor: Schema.optionalKey(EventCursor) },
    success: DeadLetterPage,
    error: webhookErrors
  }),
  HttpApiEndpoint.post("replay", "/webhooks/:id/dead-letters/replay", {
    ...one,
    payload: [ReplayRequest, Schema.Null],
    success: Replay,
    error: webhookErrors
  })
).prefix("/api").middleware(HttpAuth) {}
