import { Schema } from "effect"
import { Rpc, RpcGroup } from "effect/rpc"
import { RpcAuth } from "./Auth.ts"
import { BookingEvents, RunEvents } from "./BookingEvent.ts"
import { bookingEventErrors, runEventErrors } from "./EventApi.ts"
import { EventCursor } from "./EventCursor.ts"
import { JourneyDate } from "./JourneyDate.ts"
import { Pnr } from "./Pnr.ts"
import { StoreUnavailable } from "./ServiceErrors.ts"
import { TrainId } from "./TrainId.ts"
import { DeadLetterPage, NewWebhook, Replay, ReplayRequest, WebhookId, WebhookList, WebhookMade } from "./Webhook.ts"
import { addWebhookErrors, webhookErrors } from "./WebhookApi.ts"

const cursor = Schema.optionalKey(EventCursor)

class PublicEventRpcs extends RpcGroup.make(
  /** What happens on a run from now, or from a cursor on. */
  Rpc.make("RunEvents", {
    payload: { trainId: TrainId, date: JourneyDate, cursor },
    success: RunEvents,
    error: Schema.Union(runEventErrors),
    stream: true
  })
) {}

class PersonalEventRpcs extends RpcGroup.make(
  /** All that has happened to a booking and what happens further, or what happened from a cursor on. */
  Rpc.make("BookingEvents", {
    payload: { pnr: Pnr, cursor },
    success: BookingEvents,
    error: Schema.Union(bookingEventErrors),
    stream: true
  }),
  Rpc.make("Webhooks", { success: WebhookList, error: StoreUnavailable }),
  Rpc.make("AddWebhook", { payload: NewWebhook, success: WebhookMade, error: Schema.Union(addWebhookErrors) }),
  Rpc.make("RemoveWebhook", { payload: { id: WebhookId }, error: Schema.Union(webhookErrors) }),
  Rpc.make("DeadLetters", {
    payload: { id: WebhookId, cursor },
    success: DeadLetterPage,
    error: Schema.Union(webhookErrors)
  }),
  Rpc.make("ReplayDeadLetters", {
    payload: { id: WebhookId, ...ReplayRequest.fields },
    success: Replay,
    error: Schema.Union(webhookErrors)
  })
).middleware(RpcAuth) {}

/** Events as remote calls. */
export const EventRpcs = PublicEventRpcs.merge(PersonalEventRpcs)
