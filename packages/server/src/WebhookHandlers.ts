import { BerthApi } from "@berth/domain/BerthApi"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { EventDesk } from "./EventDesk.ts"

/** A person's webhooks. */
export const layer = HttpApiBuilder.group(
  BerthApi,
  "webhooks",
  Effect.fn(function*(handlers) {
    const desk = yield* EventDesk
    return handlers.handleAll({
      webhooks: () => Effect.map(desk.webhooks, (webhooks) => ({ webhooks })),
      addWebhook: ({ payload }) => desk.addWebhook(payload),
      removeWebhook: ({ params }) => desk.removeWebhook(params.id),
      deadLetters: ({ params, query }) => desk.deadLetters(params.id, query.cursor),
      replay: ({ params, payload }) => Effect.map(desk.replay(params.id, payload?.events), (replayed) => ({ replayed }))
    })
  })
)
