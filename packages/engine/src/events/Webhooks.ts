import type { CurrentUser } from "@berth/domain/Auth"
import { EventCursor } from "@berth/domain/EventCursor"
import type { Forbidden } from "@berth/domain/RequestErrors"
import { permitted } from "@berth/domain/rules/Permissions"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { UserId } from "@berth/domain/UserId"
import {
  type DeadLetterPage,
  deadLettersPerCallMax,
  type NewWebhook,
  TooManyWebhooks,
  Webhook,
  type WebhookMade,
  WebhookNotFound,
  WebhookScope,
  webhooksPerPersonMax,
  WebhookUrlRefused
} from "@berth/domain/Webhook"
import { Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { randomBytes } from "node:crypto"
import { AuditTrail } from "../ledger/AuditTrail.ts"
import { fromStore } from "../ledger/LedgerError.ts"
import { eventColumns, eventJoins, EventRow, toEvent } from "./EventLog.ts"
import { WebhookAddresses } from "./WebhookAddresses.ts"
import { shownSecret } from "./WebhookSecret.ts"

const secretBytes = 32

interface OfOwner {
  readonly userId: UserId
  readonly id: number
}

/** The webhooks that people registered, each seen by its owner alone. */
export class Webhooks extends Context.Service<Webhooks, {
  add(
    owner: CurrentUser["Service"],
    wanted: NewWebhook
  ): Effect.Effect<WebhookMade, WebhookUrlRefused | TooManyWebhooks | Forbidden | StoreUnavailable>
  list(userId: UserId): Effect.Effect<ReadonlyArray<Webhook>, StoreUnavailable>
  remove(of: OfOwner): Effect.Effect<void, WebhookNotFound | StoreUnavailable>
  /** Events that were given up, the eldest first, after a cursor. */
  deadLetters(
    of: OfOwner,
    cursor: EventCursor | undefined
  ): Effect.Effect<DeadLetterPage, WebhookNotFound | StoreUnavailable>
  /** Sends dead letters again, all where none are named, and answers how many. */
  replay(
    of: OfOwner,
    events: ReadonlyArray<EventCursor> | undefined
  ): Effect.Effect<number, WebhookNotFound | StoreUnavailable>
}>()("@berth/engine/events/Webhooks") {
  static readonly layer = Layer.effect(Webhooks, Effect.suspend(() => make))
}

const createdAt = `to_char(w.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "createdAt"`

const Owned = Schema.Struct({ userId: UserId, id: Schema.Int })

const makeStatements = (sql: SqlClient.SqlClient) => ({
  // Taken first, so that the statement after it sees what others have made.
  lock: SqlSchema.void({
    Request: UserId,
    execute: (userId) => sql`SELECT FROM account WHERE user_id = ${userId} FOR UPDATE`
  }),
  insert: SqlSchema.findOneOption({
    Request: Schema.Struct({ userId: UserId, url: Schema.String, scope: WebhookScope, secretHex: Schema.String }),
    Result: Schema.Struct({ id: Schema.Int, createdAt: Schema.String }),
    execute: ({ scope, secretHex, url, userId }) =>
      sql`INSERT INTO webhook AS w (user_id, url, scope, secret)
        SELECT ${userId}, ${url}, ${scope}, decode(${secretHex}, 'hex')
        WHERE (SELECT count(*) FROM webhook WHERE user_id = ${userId}) < ${webhooksPerPersonMax}
        RETURNING w.id::float8 AS id, ${sql.literal(createdAt)}`
  }),
  list: SqlSchema.findAll({
    Request: UserId,
    Result: Webhook,
    execute: (userId) =>
      sql`SELECT w.id::float8 AS id, w.url, w.scope, ${sql.literal(createdAt)},
          (SELECT count(*)::int FROM webhook_delivery d WHERE d.webhook_id = w.id AND NOT d.dead) AS pending,
          (SELECT count(*)::int FROM webhook_delivery d WHERE d.webhook_id = w.id AND d.dead) AS dead
        FROM webhook w WHERE w.user_id = ${userId} ORDER BY w.id`
  }),
  remove: SqlSchema.findOneOption({
    Request: Owned,
    Result: Schema.Struct({ scope: WebhookScope, url: Schema.String }),
    execute: ({ id, userId }) =>
      sql`DELETE FROM webhook WHERE id = ${id}::float8::bigint AND user_id = ${userId} RETURNING scope, url`
  }),
  find: SqlSchema.findOneOption({
    Request: Owned,
    Result: Schema.Struct({ id: Schema.Int }),
    execute: ({ id, userId }) =>
      sql`SELECT id::float8 AS id FROM webhook WHERE id = ${id}::float8::bigint AND user_id = ${userId}`
  }),
  deadLetters: SqlSchema.findAll({
    Request: Schema.Struct({ id: Schema.Int, after: Schema.Int }),
    Result: Schema.Struct({ ...EventRow.fields, attempts: Schema.Int, failure: Schema.NullOr(Schema.String) }),
    execute: ({ after, id }) =>
      sql`SELECT ${eventColumns(sql)}, d.attempts, d.failure
        FROM webhook_delivery d JOIN event e ON e.id = d.event_id ${eventJoins(sql)}
        WHERE d.webhook_id = ${id}::float8::bigint AND d.dead AND d.event_id > ${after}::float8::bigint
        ORDER BY d.event_id LIMIT ${deadLettersPerCallMax + 1}`
  }),
  replay: SqlSchema.findAll({
    Request: Schema.Struct({ id: Schema.Int, events: Schema.NullOr(Schema.fromJsonString(Schema.Array(Schema.Int))) }),
    Result: Schema.Struct({ id: Schema.Int }),
    execute: ({ events, id }) =>
      sql`UPDATE webhook_delivery d SET dead = false, attempts = 0, due_at = berth_now()
        WHERE d.webhook_id = ${id}::float8::bigint AND d.dead AND (${events}::text IS NULL OR d.event_id IN (
          SELECT x::float8::bigint FROM jsonb_array_elements_text(${events}::text::jsonb) x))
        RETURNING d.event_id::float8 AS id`
  })
})

const notFound = ({ id }: OfOwner) =>
  new WebhookNotFound({ id, detail: `You have no webhook ${id}; GET /api/webhooks lists them.` })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const trail = yield* AuditTrail
  const addresses = yield* WebhookAddresses
  const statements = makeStatements(sql)

  const owned = Effect.fnUntraced(function*(of: OfOwner) {
    if (Option.isNone(yield* fromStore(statements.find(of)))) {
      return yield* notFound(of)
    }
  })

  /** Who hears of everybody's bookings, and where, leaves a trail. */
  const noteIfOfAll = (
    { id, userId }: OfOwner,
    action: "add webhook" | "remove webhook",
    { scope, url }: { readonly scope: WebhookScope; readonly url: string }
  ) => scope === "all" ? trail.note({ userId, action, subject: `webhook ${id}`, details: { url } }) : Effect.void

  const remove = Effect.fnUntraced(function*(of: OfOwner) {
    const removed = yield* statements.remove(of)
    if (Option.isNone(removed)) {
      return yield* notFound(of)
    }
    yield* noteIfOfAll(of, "remove webhook", removed.value)
  })

  const insert = Effect.fnUntraced(function*(userId: UserId, url: string, scope: WebhookScope) {
    const secretHex = randomBytes(secretBytes).toString("hex")
    yield* statements.lock(userId)
    const made = yield* statements.insert({ userId, url, scope, secretHex })
    if (Option.isNone(made)) {
      return yield* new TooManyWebhooks({
        webhooksMax: webhooksPerPersonMax,
        detail: `You have ${webhooksPerPersonMax} webhooks. Remove one that is no longer used.`
      })
    }
    yield* noteIfOfAll({ userId, id: made.value.id }, "add webhook", { scope, url })
    return { ...made.value, url, scope, secret: shownSecret(Redacted.make(secretHex)) }
  })

  return Webhooks.of({
    add: Effect.fn("Webhooks.add")(function*(owner, { scope = "own", url }) {
      if (scope === "all") {
        yield* permitted(owner, "hear of every booking")
      }
      if (!addresses.isUrlAllowed(url)) {
        return yield* new WebhookUrlRefused({
          url,
          detail: "Webhooks are sent by https to addresses of the internet. Name one of those."
        })
      }
      return yield* fromStore(sql.withTransaction(insert(owner.userId, url, scope)))
    }),
    list: (userId) => fromStore(statements.list(userId)),
    remove: (of) => fromStore(sql.withTransaction(remove(of))),
    deadLetters: Effect.fn("Webhooks.deadLetters")(function*(of, cursor) {
      yield* owned(of)
      const rows = yield* fromStore(statements.deadLetters({ id: of.id, after: Number(cursor ?? 0) }))
      const deadLetters = rows.slice(0, deadLettersPerCallMax).map(({ attempts, failure, ...row }) => ({
        event: toEvent(row),
        attempts,
        failure: failure ?? "unknown"
      }))
      const last = rows.length > deadLettersPerCallMax ? deadLetters.at(-1) : undefined
      return { deadLetters, ...(last === undefined ? {} : { nextCursor: EventCursor.make(last.event.id) }) }
    }),
    replay: Effect.fn("Webhooks.replay")(function*(of, events) {
      yield* owned(of)
      const rows = yield* fromStore(statements.replay({ id: of.id, events: events?.map(Number) ?? null }))
      return rows.length
    })
  })
})
