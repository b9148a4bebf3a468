import { Role } from "@berth/domain/Auth"
import { lesserRole } from "@berth/domain/RoleOrder"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { UserId } from "@berth/domain/UserId"
import { Context, Duration, Effect, Layer, Option, type Redacted, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "../ledger/LedgerError.ts"
import { secretHash } from "./SecretText.ts"

/** A session ends when it was not used for so long. */
export const sessionIdleMax = Duration.hours(24)

/** And it ends then, used or not: the longest that NIST SP 800-63B-4 recommends for a password alone (AAL1). */
export const sessionLifeMax = Duration.days(30)

/** How old the note of a last use may be: a session in use costs a write each five minutes, not each call. */
const seenAfter = Duration.minutes(5)

/** Sessions of one person; the oldest ends when one more begins. */
export const sessionsPerPersonMax = 20

/** Whoever holds a token. */
export interface Holder {
  readonly userId: UserId
  /** What the holder may do by it, as the account is now. */
  readonly role: Role
  readonly sessionId: number
  readonly kind: "session" | "token"
}

/** Sessions of people and tokens of programs; only hashes of them are kept. */
export class Sessions extends Context.Service<Sessions, {
  /** Who holds a token that is still good, by its hash; its use is noted. */
  holder(hash: string): Effect.Effect<Option.Option<Holder>, StoreUnavailable>
  /** Begins a person's session and ends the one that it takes the place of; answers when it will end. */
  begin(options: {
    readonly userId: UserId
    readonly token: Redacted.Redacted
    readonly replaces: Redacted.Redacted | undefined
  }): Effect.Effect<string, StoreUnavailable>
  end(holder: Holder): Effect.Effect<void, StoreUnavailable>
  /** Ends a person's sessions but one. */
  endOthers(holder: Holder): Effect.Effect<void, StoreUnavailable>
  /** Ends all of a person's sessions, and the tokens of programs too. */
  endAll(userId: UserId): Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/accounts/Sessions") {
  static readonly layer = Layer.effect(Sessions, Effect.suspend(() => make))
}

const HolderRow = Schema.Struct({
  sessionId: Schema.Int,
  kind: Schema.Literals(["session", "token"]),
  userId: UserId,
  role: Role,
  roleMax: Schema.NullOr(Role)
})

const NewSession = Schema.Struct({ userId: UserId, hash: Schema.String, replaced: Schema.String })
const OfPerson = Schema.Struct({ userId: UserId, sessionId: Schema.Int })

const seconds = (duration: Duration.Duration): number => Duration.toSeconds(duration)

const makeSelectHolder = (sql: SqlClient.SqlClient) => {
  // One round trip; it writes only where the last note is old.
  const select = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: HolderRow,
    execute: (hash) =>
      sql`
        WITH seen AS (
          UPDATE session SET seen_at = berth_now()
          WHERE token_hash = decode(${hash}, 'hex') AND expires_at > berth_now()
            AND seen_at <= berth_now() - make_interval(secs => ${seconds(seenAfter)})
            AND (kind = 'token' OR seen_at > berth_now() - make_interval(secs => ${seconds(sessionIdleMax)}))
        )
        SELECT s.id::float8 AS "sessionId", s.kind, s.user_id AS "userId", a.role, s.role AS "roleMax"
        FROM session s JOIN account a USING (user_id)
        WHERE s.token_hash = decode(${hash}, 'hex') AND s.expires_at > berth_now()
          AND (s.kind = 'token' OR s.seen_at > berth_now() - make_interval(secs => ${seconds(sessionIdleMax)}))
          AND a.erased_at IS NULL`
  })
  return (hash: string) => fromStore(select(hash))
}

const toHolder = ({ kind, role, roleMax, sessionId, userId }: typeof HolderRow.Type): Holder => ({
  userId,
  sessionId,
  kind,
  role: roleMax === null ? role : lesserRole(role, roleMax)
})

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const selectHolder = makeSelectHolder(sql)

  const insert = SqlSchema.findOne({
    Request: NewSession,
    Result: Schema.Struct({ expiresAt: Schema.String }),
    execute: ({ hash, replaced, userId }) =>
      sql`
        WITH ended AS (
          DELETE FROM session
          WHERE kind = 'session' AND token_hash = decode(${replaced}, 'hex')
            OR user_id = ${userId} AND expires_at <= berth_now()
            OR id IN (
              SELECT id FROM session WHERE user_id = ${userId} AND kind = 'session'
              ORDER BY id DESC OFFSET ${sessionsPerPersonMax - 1}
            )
        )
        INSERT INTO session (token_hash, user_id, kind, created_at, expires_at)
        VALUES (decode(${hash}, 'hex'), ${userId}, 'session', berth_now(),
          berth_now() + make_interval(secs => ${seconds(sessionLifeMax)}))
        RETURNING to_char(expires_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "expiresAt"`
  })
  const deleteOne = SqlSchema.void({
    Request: OfPerson,
    execute: ({ sessionId, userId }) =>
      sql`DELETE FROM session WHERE user_id = ${userId} AND id = ${sessionId}::float8::bigint`
  })
  const deleteOthers = SqlSchema.void({
    Request: OfPerson,
    execute: ({ sessionId, userId }) =>
      sql`DELETE FROM session WHERE user_id = ${userId} AND kind = 'session' AND id <> ${sessionId}::float8::bigint`
  })
  // Taken first, so that a token which is being made is there to be deleted, or is not made.
  const lock = SqlSchema.void({
    Request: UserId,
    execute: (userId) => sql`SELECT FROM account WHERE user_id = ${userId} FOR UPDATE`
  })
  const deleteAll = SqlSchema.void({
    Request: UserId,
    execute: (userId) => sql`DELETE FROM session WHERE user_id = ${userId}`
  })

  return Sessions.of({
    holder: (hash) => Effect.map(selectHolder(hash), Option.map(toHolder)),
    begin: Effect.fn("Sessions.begin")(function*({ replaces, token, userId }) {
      const replaced = replaces === undefined ? "" : secretHash(replaces)
      const { expiresAt } = yield* insert({ userId, hash: secretHash(token), replaced }).pipe(
        Effect.catchTag("NoSuchElementError", Effect.die),
        fromStore
      )
      return expiresAt
    }),
    end: (holder) => fromStore(deleteOne(holder)),
    endOthers: (holder) => fromStore(deleteOthers(holder)),
    endAll: (userId) => fromStore(sql.withTransaction(Effect.andThen(lock(userId), deleteAll(userId))))
  })
})
