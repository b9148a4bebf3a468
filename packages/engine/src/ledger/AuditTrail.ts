import { AuditAction, type AuditPage } from "@berth/domain/AuditEntry"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { UserId } from "@berth/domain/UserId"
import { Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "./LedgerError.ts"

/** Entries on a page. */
const pageSize = 100

const Note = Schema.Struct({
  userId: Schema.String,
  action: AuditAction,
  subject: Schema.String,
  details: Schema.fromJsonString(Schema.Json)
})

export const AuditRow = Schema.Struct({
  id: Schema.Int,
  at: Schema.DateTimeUtcFromDate,
  userId: UserId,
  action: AuditAction,
  subject: Schema.String,
  details: Schema.Json
})

/** The columns of an `AuditRow`. */
export const auditColumns = (sql: SqlClient.SqlClient) =>
  sql`id::float8 AS id, at, user_id AS "userId", action, subject, details`

export const toEntry = (row: typeof AuditRow.Type) => ({ ...row, at: DateTime.formatIso(row.at) })

interface AuditQuery {
  readonly userId?: UserId
  readonly subject?: string
  readonly cursor?: number
}

/** What staff did. No names of passengers go in here: it is only ever added to, and names can be erased. */
export class AuditTrail extends Context.Service<AuditTrail, {
  /** Notes an act, in the transaction that is under way; what was only read is noted before it is answered. */
  note(entry: typeof Note.Type): Effect.Effect<void, StoreUnavailable>
  /** Newest first. */
  page(query: AuditQuery): Effect.Effect<AuditPage, StoreUnavailable>
}>()("@berth/engine/ledger/AuditTrail") {
  static readonly layer = Layer.effect(
    AuditTrail,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const insert = SqlSchema.void({
        Request: Note,
        execute: ({ action, details, subject, userId }) =>
          sql`INSERT INTO audit (user_id, action, subject, details)
            VALUES (${userId}, ${action}, ${subject}, ${details}::text::jsonb)`
      })
      const select = (query: AuditQuery) =>
        SqlSchema.findAll({
          Request: Schema.Void,
          Result: AuditRow,
          execute: () =>
            sql`SELECT ${auditColumns(sql)} FROM audit
              WHERE ${
              sql.and([
                sql`true`,
                ...query.userId === undefined ? [] : [sql`user_id = ${query.userId}`],
                ...query.subject === undefined ? [] : [sql`subject = ${query.subject}`],
                ...query.cursor === undefined ? [] : [sql`id < ${query.cursor}::float8::bigint`]
              ])
            }
              ORDER BY id DESC LIMIT ${pageSize + 1}`
        })(undefined)

      return AuditTrail.of({
        note: (entry) => fromStore(insert(entry)),
        page: Effect.fn("AuditTrail.page")(function*(query) {
          const rows = yield* fromStore(select(query))
          const entries = rows.slice(0, pageSize).map(toEntry)
          const last = rows.length > pageSize ? entries.at(-1) : undefined
          return { entries, ...(last === undefined ? {} : { nextCursor: last.id }) }
        })
      })
    })
  )
}
