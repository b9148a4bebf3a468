import { Role } from "@berth/domain/Auth"
import type { Erasure, JourneysAhead, PersonalData, PersonNotFound } from "@berth/domain/PersonalData"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { UserId } from "@berth/domain/UserId"
import { WebhookScope } from "@berth/domain/Webhook"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { AuditTrail } from "../ledger/AuditTrail.ts"
import { fromStore } from "../ledger/LedgerError.ts"
import { Act, exportedActsMax, makeExportedBookings } from "./ExportedBookings.ts"
import { Instant } from "./Instant.ts"
import { makeErasure, nothingHeldOn } from "./PersonalErasure.ts"

const Account = Schema.Struct({
  role: Role,
  email: Schema.NullOr(Schema.String),
  secondFactor: Schema.Boolean,
  createdAt: Instant,
  erasedAt: Schema.NullOr(Instant)
})
const Session = Schema.Struct({ createdAt: Instant, expiresAt: Instant })
const Webhook = Schema.Struct({ url: Schema.String, scope: WebhookScope, createdAt: Instant })

interface Asked {
  /** Who asks: the person, or an admin for the person. */
  readonly caller: UserId
  readonly userId: UserId
}

/** What is held on a person: all of it handed over, and the names erased. */
export class PersonalRecords extends Context.Service<PersonalRecords, {
  /**
   * A page of all that is held on a person, as of one moment: what there is little of comes with the first, bookings and
   * what belongs to them are divided among the pages. That each was handed over is noted.
   */
  export(asked: Asked & { readonly cursor: string | undefined }): Effect.Effect<
    PersonalData,
    PersonNotFound | StoreUnavailable
  >
  /**
   * Replaces the names of all passengers on the person's bookings, ends the tokens and closes the account for good.
   * Bookings, payments and the trail stay, under the id alone. Repeating it erases what was written since.
   */
  erase(asked: Asked): Effect.Effect<Erasure, PersonNotFound | JourneysAhead | StoreUnavailable>
}>()("@berth/engine/accounts/PersonalRecords") {
  static readonly layer = Layer.effect(PersonalRecords, Effect.suspend(() => make))
}

const makeReads = (sql: SqlClient.SqlClient) => ({
  account: SqlSchema.findOneOption({
    Request: Schema.String,
    Result: Account,
    execute: (userId) =>
      sql`
        SELECT a.role, a.email, coalesce(t.confirmed, false) AS "secondFactor", a.created_at AS "createdAt",
          a.erased_at AS "erasedAt"
        FROM account a LEFT JOIN totp t USING (user_id) WHERE a.user_id = ${userId}`
  }),
  sessions: SqlSchema.findAll({
    Request: Schema.String,
    Result: Session,
    execute: (userId) =>
      sql`SELECT created_at AS "createdAt", expires_at AS "expiresAt" FROM session WHERE user_id = ${userId}
        ORDER BY created_at`
  }),
  webhooks: SqlSchema.findAll({
    Request: Schema.String,
    Result: Webhook,
    execute: (userId) =>
      sql`SELECT url, scope, created_at AS "createdAt" FROM webhook WHERE user_id = ${userId} ORDER BY id`
  }),
  /** The latest of each kind are enough to find the latest of both, whoever has been at work for years. */
  acts: SqlSchema.findAll({
    Request: Schema.String,
    Result: Act,
    execute: (userId) =>
      sql`
        SELECT a.id::float8 AS id, a.at, a.action, a.subject, a.user_id <> ${userId} AS "byStaff" FROM audit a
        WHERE a.id IN (
          (SELECT id FROM audit WHERE user_id = ${userId} ORDER BY id DESC LIMIT ${exportedActsMax})
          UNION (SELECT id FROM audit WHERE subject = ${userId} ORDER BY id DESC LIMIT ${exportedActsMax}))
        ORDER BY a.id DESC LIMIT ${exportedActsMax}`
  })
})

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const trail = yield* AuditTrail
  const reads = makeReads(sql)
  const bookingsOf = makeExportedBookings(sql)

  const exportPage = Effect.fn("PersonalRecords.export")(
    function*({ caller, cursor, userId }: Parameters<PersonalRecords["Service"]["export"]>[0]) {
      yield* sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`
      const account = Option.getOrNull(yield* reads.account(userId))
      const { acts, ...page } = yield* bookingsOf(userId, cursor)
      if (account === null && page.bookings.length === 0) {
        return yield* nothingHeldOn(userId)
      }
      const first = cursor === undefined
      const known = first ? yield* reads.acts(userId) : []
      const data: PersonalData = {
        userId,
        account,
        sessions: first ? yield* reads.sessions(userId) : [],
        webhooks: first ? yield* reads.webhooks(userId) : [],
        ...page,
        audit: [...known, ...acts].toSorted((a, b) => b.id - a.id).map(({ action, at, byStaff, subject }) => ({
          at,
          action,
          subject,
          byStaff
        }))
      }
      yield* trail.note({
        userId: caller,
        action: "export personal data",
        subject: userId,
        details: { bookings: page.bookings.length, ...(first ? {} : { after: cursor }) }
      })
      return data
    },
    (self) => fromStore(sql.withTransaction(self))
  )

  return PersonalRecords.of({ export: exportPage, erase: makeErasure(sql, trail) })
})
