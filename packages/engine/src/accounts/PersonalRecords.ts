import { AuditAction } from "@berth/domain/AuditEntry"
import { Role } from "@berth/domain/Auth"
import { Money } from "@berth/domain/Money"
import { type Erasure, JourneysAhead, type PersonalData, PersonNotFound } from "@berth/domain/PersonalData"
import { Pnr } from "@berth/domain/Pnr"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import type { UserId } from "@berth/domain/UserId"
import { WebhookScope } from "@berth/domain/Webhook"
import { Context, DateTime, Effect, Layer, Option, Schema, SchemaTransformation } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { AuditTrail } from "../ledger/AuditTrail.ts"
import { BookingRow, selectBookings, toBooking } from "../ledger/BookingRows.ts"
import { fromStore } from "../ledger/LedgerError.ts"

/** Stands where a name stood. */
export const erasedName = "Erased"

/** Entries of the trail in an export. */
const auditMax = 1000

/** Bookings that a refusal names. */
const pnrsNamedMax = 20

const Instant = Schema.DateTimeUtcFromDate.pipe(
  Schema.decodeTo(
    Schema.String,
    SchemaTransformation.transform({ decode: DateTime.formatIso, encode: DateTime.makeUnsafe })
  )
)

const Account = Schema.Struct({
  role: Role,
  email: Schema.NullOr(Schema.String),
  secondFactor: Schema.Boolean,
  createdAt: Instant,
  erasedAt: Schema.NullOr(Instant)
})
const Session = Schema.Struct({ createdAt: Instant, expiresAt: Instant })
const Webhook = Schema.Struct({ url: Schema.String, scope: WebhookScope, createdAt: Instant })
const Payment = Schema.Struct({ pnr: Pnr, amount: Money, state: Schema.String, createdAt: Instant })
const Refund = Schema.Struct({ pnr: Pnr, passenger: Schema.Int, amount: Money, createdAt: Instant })
const Key = Schema.Struct({ pnr: Pnr, createdAt: Instant })
const Act = Schema.Struct({ at: Instant, action: AuditAction, subject: Schema.String, byStaff: Schema.Boolean })
const Erased = Schema.Struct({ passengers: Schema.Int, sessions: Schema.Int })

interface Asked {
  /** Who asks: the person, or an admin for the person. */
  readonly caller: UserId
  readonly userId: UserId
}

/** What is held on a person: all of it handed over, and the names erased. */
export class PersonalRecords extends Context.Service<PersonalRecords, {
  /** Everything that is held on a person, as of one moment. */
  export(asked: Asked): Effect.Effect<PersonalData, PersonNotFound | StoreUnavailable>
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
  bookings: SqlSchema.findAll({
    Request: Schema.String,
    Result: BookingRow,
    execute: (userId) => selectBookings(sql, sql`b.user_id = ${userId}`)
  }),
  payments: SqlSchema.findAll({
    Request: Schema.String,
    Result: Payment,
    execute: (userId) =>
      sql`SELECT p.pnr, jsonb_build_object('amount', p.amount_paise, 'currency', 'INR') AS amount, p.state, p.created_at AS "createdAt"
        FROM payment p JOIN booking b USING (pnr) WHERE b.user_id = ${userId} ORDER BY p.id`
  }),
  refunds: SqlSchema.findAll({
    Request: Schema.String,
    Result: Refund,
    execute: (userId) =>
      sql`SELECT r.pnr, r.passenger, jsonb_build_object('amount', r.amount_paise, 'currency', 'INR') AS amount, r.created_at AS "createdAt"
        FROM refund r JOIN booking b USING (pnr) WHERE b.user_id = ${userId} ORDER BY r.id`
  }),
  keys: SqlSchema.findAll({
    Request: Schema.String,
    Result: Key,
    execute: (userId) =>
      sql`SELECT k.pnr, k.created_at AS "createdAt" FROM booking b
        JOIN idempotency_key k ON k.user_id = b.user_id AND k.pnr = b.pnr AND k.created_at = b.created_at
        WHERE b.user_id = ${userId} ORDER BY k.created_at, k.pnr`
  }),
  /** The latest of each kind are enough to find the latest of all, whoever has been at work for years. */
  audit: SqlSchema.findAll({
    Request: Schema.String,
    Result: Act,
    execute: (userId) =>
      sql`
        SELECT a.at, a.action, a.subject, a.user_id <> ${userId} AS "byStaff" FROM audit a
        WHERE a.id IN (
          (SELECT id FROM audit WHERE user_id = ${userId} ORDER BY id DESC LIMIT ${auditMax})
          UNION (SELECT id FROM audit WHERE subject = ${userId} ORDER BY id DESC LIMIT ${auditMax})
          UNION (
            SELECT x.id FROM booking b JOIN audit x ON x.subject = b.pnr WHERE b.user_id = ${userId}
            ORDER BY x.id DESC LIMIT ${auditMax}))
        ORDER BY a.id DESC LIMIT ${auditMax}`
  })
})

const makeWrites = (sql: SqlClient.SqlClient) => ({
  /** Before the address is gone, by which alone they are found. */
  endMailCodes: SqlSchema.void({
    Request: Schema.String,
    execute: (userId) => sql`DELETE FROM mail_code m USING account a WHERE a.user_id = ${userId} AND m.email = a.email`
  }),
  /** Closes the account; one is made for whoever staff booked for without one, so that the id is taken. */
  close: SqlSchema.findAll({
    Request: Schema.String,
    Result: Schema.Struct({ erasedAt: Instant }),
    execute: (userId) =>
      sql`INSERT INTO account AS a (user_id, role, erased_at)
        SELECT ${userId}, 'passenger', berth_now()
        WHERE EXISTS (SELECT FROM account WHERE user_id = ${userId})
          OR EXISTS (SELECT FROM booking WHERE user_id = ${userId})
        ON CONFLICT (user_id) DO UPDATE SET role = 'passenger', email = NULL, password_hash = NULL,
          erased_at = coalesce(a.erased_at, berth_now())
        RETURNING erased_at AS "erasedAt"`
  }),
  ahead: SqlSchema.findAll({
    Request: Schema.String,
    Result: Schema.Struct({ pnr: Pnr }),
    execute: (userId) =>
      sql`
        SELECT b.pnr FROM booking b
        JOIN run r ON r.id = b.run_id JOIN train t ON t.id = r.train_id
        JOIN route_stop s ON s.route_id = r.route_id AND s.stop_index = b.to_stop
        WHERE b.user_id = ${userId} AND b.state <> 'CANCELLED'
          AND (r.date::timestamp + make_interval(secs => s.arrival_seconds)) AT TIME ZONE t.time_zone > berth_now()
        ORDER BY b.run_id, b.pnr LIMIT ${pnrsNamedMax}`
  }),
  erase: SqlSchema.findOne({
    Request: Schema.String,
    Result: Erased,
    execute: (userId) =>
      sql`
        WITH named AS (
          UPDATE passenger p SET name = ${erasedName} FROM booking b
          WHERE b.user_id = ${userId} AND p.pnr = b.pnr AND p.name <> ${erasedName} RETURNING 1
        ), ended AS (
          DELETE FROM session WHERE user_id = ${userId} RETURNING 1
        ), factors AS (
          DELETE FROM totp WHERE user_id = ${userId}
        )
        SELECT (SELECT count(*)::int FROM named) AS passengers, (SELECT count(*)::int FROM ended) AS sessions`
  })
})

const notFound = (userId: UserId) =>
  new PersonNotFound({ userId, detail: `Nothing is held on ${userId}. Look for the person by another id.` })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const trail = yield* AuditTrail
  const reads = makeReads(sql)
  const writes = makeWrites(sql)

  const exportAll = Effect.fn("PersonalRecords.export")(function*({ caller, userId }: Asked) {
    return yield* fromStore(sql.withTransaction(Effect.gen(function*() {
      yield* sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`
      const account = Option.getOrNull(yield* reads.account(userId))
      const bookings = yield* reads.bookings(userId)
      if (account === null && bookings.length === 0) {
        return yield* notFound(userId)
      }
      const data: PersonalData = {
        userId,
        account,
        sessions: yield* reads.sessions(userId),
        webhooks: yield* reads.webhooks(userId),
        bookings: bookings.map((row) => toBooking(row, "now")),
        payments: yield* reads.payments(userId),
        refunds: yield* reads.refunds(userId),
        keys: yield* reads.keys(userId),
        audit: yield* reads.audit(userId)
      }
      yield* trail.note({
        userId: caller,
        action: "export personal data",
        subject: userId,
        details: { bookings: bookings.length }
      })
      return data
    })))
  })

  const erase = Effect.fn("PersonalRecords.erase")(function*({ caller, userId }: Asked) {
    return yield* fromStore(sql.withTransaction(Effect.gen(function*() {
      yield* writes.endMailCodes(userId)
      const [closed] = yield* writes.close(userId)
      if (closed === undefined) {
        return yield* notFound(userId)
      }
      const ahead = yield* writes.ahead(userId)
      if (ahead.length > 0) {
        const pnrs = ahead.map(({ pnr }) => pnr)
        return yield* new JourneysAhead({
          pnrs,
          detail: `Journeys are ahead: cancel ${pnrs.join(", ")} first, or ask again when the trains have arrived.`
        })
      }
      const counts = yield* Effect.catchTag(writes.erase(userId), "NoSuchElementError", Effect.die)
      yield* trail.note({ userId: caller, action: "erase personal data", subject: userId, details: counts })
      return { userId, erasedAt: closed.erasedAt, ...counts }
    })))
  })

  return PersonalRecords.of({ export: exportAll, erase })
})
