import type { CurrentUser } from "@berth/domain/Auth"
import { UserId } from "@berth/domain/UserId"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { EventPublisher } from "../../src/events/EventPublisher.ts"
import { Webhooks } from "../../src/events/Webhooks.ts"
import { WebhookSender } from "../../src/events/WebhookSender.ts"
import { book } from "../sale/Sales.ts"
import { openTrain, sleepers } from "../TestEngine.ts"

export const publish = Effect.flatMap(EventPublisher, (publisher) => publisher.publish)

/** Sends all that is due, until nothing is under way. */
export const send = Effect.gen(function*() {
  const sender = yield* WebhookSender
  yield* publish
  yield* sender.work
  yield* sender.idle
})

let people = 0

/** Somebody with an account, and a train to book on. */
export const somebody = Effect.fnUntraced(function*(role: CurrentUser["Service"]["role"] = "passenger") {
  const sql = yield* SqlClient.SqlClient
  const caller = { userId: UserId.make(`person-${++people}`), role }
  yield* sql`INSERT INTO account (user_id, role) VALUES (${caller.userId}, ${role})`
  const run = yield* openTrain({ stops: 3, pools: sleepers({ LB: 20 }) })
  const bookFor = (passengers = 1) => Effect.map(book(run, { caller, passengers }), ({ booking }) => booking)
  return { caller, bookFor }
})

export const add = Effect.fnUntraced(
  function*(caller: CurrentUser["Service"], url: string, scope: "own" | "all" = "own") {
    return yield* (yield* Webhooks).add(caller, { url, scope })
  }
)
