import { BookingEvent } from "@berth/domain/BookingEvent"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { Context, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "../ledger/LedgerError.ts"
import { eventColumns, eventJoins, EventRow, toEvent } from "./EventLog.ts"

/** How often an event is sent to a webhook that does not take it, in about twenty hours. */
export const attemptsMax = 10

/** Time between the first attempts, and between any: each wait is four times the one before. */
const firstWaitSeconds = 5
const waitSecondsMax = 6 * 3600

/** How long whoever claimed an event has it alone; longer than a call may take. */
const leaseSeconds = 60

/** An event that is to be sent to a webhook. */
export const Delivery = Schema.Struct({
  webhookId: Schema.Int,
  attempt: Schema.Int,
  url: Schema.String,
  secretHex: Schema.RedactedFromValue(Schema.String),
  event: BookingEvent
})
export type Delivery = typeof Delivery.Type

const Row = Schema.Struct({
  ...EventRow.fields,
  webhookId: Schema.Int,
  attempts: Schema.Int,
  url: Schema.String,
  secretHex: Schema.RedactedFromValue(Schema.String)
})

/** What is still to be sent, as the record has it. */
export class WebhookDeliveries extends Context.Service<WebhookDeliveries, {
  /**
   * What is due, for a while this caller's alone: of each booking the eldest event only, so that a webhook is told of them
   * in order. Nothing for the webhooks named as busy.
   */
  claim(max: number, eachMax: number, busy: ReadonlyArray<number>): Effect.Effect<
    ReadonlyArray<Delivery>,
    StoreUnavailable
  >
  /** Whether there is a webhook at all. */
  readonly any: Effect.Effect<boolean, StoreUnavailable>
  done(delivery: Delivery): Effect.Effect<void, StoreUnavailable>
  /** Notes why it was not taken, and answers whether it is given up. */
  failed(delivery: Delivery, why: string): Effect.Effect<boolean, StoreUnavailable>
}>()("@berth/engine/events/WebhookDeliveries") {
  static readonly layer = Layer.effect(
    WebhookDeliveries,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const claim = SqlSchema.findAll({
        Request: Schema.Struct({
          max: Schema.Int,
          eachMax: Schema.Int,
          busy: Schema.fromJsonString(Schema.Array(Schema.Int))
        }),
        Result: Row,
        execute: ({ busy, eachMax, max }) =>
          sql`WITH claimed AS MATERIALIZED (
              SELECT * FROM claim_deliveries(${max}, ${eachMax}, ARRAY(
                SELECT x::float8::bigint FROM jsonb_array_elements_text(${busy}::text::jsonb) x),
                make_interval(secs => ${leaseSeconds}))
            )
            SELECT ${eventColumns(sql)}, c.webhook_id::float8 AS "webhookId", c.attempts, w.url,
              encode(w.secret, 'hex') AS "secretHex"
            FROM claimed c JOIN webhook w ON w.id = c.webhook_id JOIN event e ON e.id = c.event_id ${eventJoins(sql)}
            ORDER BY e.id`
      })
      const any = SqlSchema.findOne({
        Request: Schema.Void,
        Result: Schema.Struct({ any: Schema.Boolean }),
        execute: () => sql`SELECT EXISTS (SELECT FROM webhook) AS any`
      })
      const remove = SqlSchema.void({
        Request: Schema.Struct({ eventId: Schema.Int, webhookId: Schema.Int }),
        execute: ({ eventId, webhookId }) =>
          sql`DELETE FROM webhook_delivery
            WHERE event_id = ${eventId}::float8::bigint AND webhook_id = ${webhookId}::float8::bigint`
      })
      const fail = SqlSchema.findAll({
        Request: Schema.Struct({
          eventId: Schema.Int,
          webhookId: Schema.Int,
          attempt: Schema.Int,
          why: Schema.String
        }),
        Result: Schema.Struct({ dead: Schema.NullOr(Schema.Boolean) }),
        execute: ({ attempt, eventId, webhookId, why }) =>
          sql`SELECT note_delivery_failed(${eventId}::float8::bigint, ${webhookId}::float8::bigint, ${attempt}, ${why},
            ${attemptsMax}, make_interval(secs => ${firstWaitSeconds}), make_interval(secs => ${waitSecondsMax})) AS dead`
      })
      return WebhookDeliveries.of({
        claim: (max, eachMax, busy) =>
          fromStore(
            Effect.map(claim({ max, eachMax, busy }), (rows) =>
              rows.map(({ attempts, secretHex, url, webhookId, ...row }) => ({
                webhookId,
                attempt: attempts,
                url,
                secretHex,
                event: toEvent(row)
              })))
          ),
        any: fromStore(Effect.map(Effect.catchTag(any(undefined), "NoSuchElementError", Effect.die), (row) => row.any)),
        done: ({ event, webhookId }) => fromStore(remove({ eventId: Number(event.id), webhookId })),
        failed: ({ attempt, event, webhookId }, why) =>
          fromStore(
            Effect.map(
              fail({ eventId: Number(event.id), webhookId, attempt, why }),
              (rows) => rows[0]?.dead === true
            )
          )
      })
    })
  )
}
