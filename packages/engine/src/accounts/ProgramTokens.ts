import { type NewProgramToken, ProgramToken, type ProgramTokenMade } from "@berth/domain/Account"
import { ProgramTokenNotFound, TooManyProgramTokens } from "@berth/domain/AccountErrors"
import { Role } from "@berth/domain/Auth"
import { Forbidden } from "@berth/domain/RequestErrors"
import { isNotAbove } from "@berth/domain/RoleOrder"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { UserId } from "@berth/domain/UserId"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { fromStore } from "../ledger/LedgerError.ts"
import { makeSecret, secretHash } from "./SecretText.ts"
import type { Holder } from "./Sessions.ts"

/** Tokens of programs that one person may have. */
export const programTokensPerPersonMax = 20

/** Tokens that people give to programs: named, listed without the token, revoked one by one. */
export class ProgramTokens extends Context.Service<ProgramTokens, {
  make(
    holder: Holder,
    wanted: NewProgramToken
  ): Effect.Effect<ProgramTokenMade, Forbidden | TooManyProgramTokens | StoreUnavailable>
  list(userId: UserId): Effect.Effect<ReadonlyArray<ProgramToken>, StoreUnavailable>
  revoke(userId: UserId, id: number): Effect.Effect<void, ProgramTokenNotFound | StoreUnavailable>
}>()("@berth/engine/accounts/ProgramTokens") {
  static readonly layer = Layer.effect(ProgramTokens, Effect.suspend(() => make))
}

const New = Schema.Struct({
  userId: UserId,
  hash: Schema.String,
  name: Schema.String,
  role: Role,
  days: Schema.Int
})

const columns = (sql: SqlClient.SqlClient) =>
  sql.literal(`s.id::float8 AS id, coalesce(s.name, 'made by an operator') AS name, coalesce(s.role, a.role) AS role,
    to_char(s.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "createdAt",
    to_char(s.expires_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "expiresAt",
    to_char(s.seen_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "seenAt"`)

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  // Taken first, so that the statement after it sees what others have made and ended.
  const lock = SqlSchema.void({
    Request: UserId,
    execute: (userId) => sql`SELECT FROM account WHERE user_id = ${userId} FOR UPDATE`
  })
  // A server remembers a session for a second after it was ended, and no token may come of it then.
  const isLive = SqlSchema.findOneOption({
    Request: Schema.Struct({ userId: UserId, sessionId: Schema.Int }),
    Result: Schema.Struct({ sessionId: Schema.Int }),
    execute: ({ sessionId, userId }) =>
      sql`
        SELECT id::float8 AS "sessionId" FROM session
        WHERE user_id = ${userId} AND id = ${sessionId}::float8::bigint AND expires_at > berth_now()`
  })
  const insert = SqlSchema.findOneOption({
    Request: New,
    Result: ProgramToken,
    execute: ({ days, hash, name, role, userId }) =>
      sql`
        WITH gone AS (
          DELETE FROM session WHERE user_id = ${userId} AND expires_at <= berth_now()
        ), s AS (
          INSERT INTO session (token_hash, user_id, kind, name, role, created_at, expires_at, seen_at)
          SELECT decode(${hash}, 'hex'), ${userId}, 'token', ${name}, ${role}, berth_now(),
            berth_now() + make_interval(days => ${days}), berth_now()
          WHERE (
            SELECT count(*) FROM session WHERE user_id = ${userId} AND kind = 'token' AND expires_at > berth_now()
          ) < ${programTokensPerPersonMax}
          RETURNING *
        )
        SELECT ${columns(sql)} FROM s JOIN account a USING (user_id)`
  })
  const select = SqlSchema.findAll({
    Request: UserId,
    Result: ProgramToken,
    execute: (userId) =>
      sql`
        SELECT ${columns(sql)} FROM session s JOIN account a USING (user_id)
        WHERE s.user_id = ${userId} AND s.kind = 'token' AND s.expires_at > berth_now() ORDER BY s.id`
  })
  const remove = SqlSchema.findOneOption({
    Request: Schema.Struct({ userId: UserId, id: Schema.Int }),
    Result: Schema.Struct({ id: Schema.Int }),
    execute: ({ id, userId }) =>
      sql`
        DELETE FROM session WHERE user_id = ${userId} AND kind = 'token' AND id = ${id}::float8::bigint
        RETURNING id::float8 AS id`
  })

  return ProgramTokens.of({
    make: Effect.fn("ProgramTokens.make")(function*(holder, { days, name, role }) {
      const { userId } = holder
      // A program could else make itself a successor, and revoking its token would not end it.
      if (holder.kind === "token") {
        return yield* new Forbidden({ userId, detail: "A program may not make tokens. Sign in to make one." })
      }
      if (!isNotAbove(role, holder.role)) {
        return yield* new Forbidden({ userId, detail: `You are ${holder.role}; a token may be no more than that.` })
      }
      const token = yield* makeSecret("berth_")
      const made = yield* fromStore(sql.withTransaction(Effect.gen(function*() {
        yield* lock(userId)
        if (Option.isNone(yield* isLive(holder))) {
          return yield* new Forbidden({ userId, detail: "Your session has ended. Sign in again." })
        }
        return yield* insert({ userId, hash: secretHash(token), name, role, days })
      })))
      if (Option.isNone(made)) {
        return yield* new TooManyProgramTokens({
          tokensMax: programTokensPerPersonMax,
          detail: `You have ${programTokensPerPersonMax} tokens. Revoke one that is no longer used.`
        })
      }
      return { ...made.value, token }
    }),
    list: (userId) => fromStore(select(userId)),
    revoke: Effect.fn("ProgramTokens.revoke")(function*(userId, id) {
      if (Option.isNone(yield* fromStore(remove({ userId, id })))) {
        return yield* new ProgramTokenNotFound({
          id,
          detail: `You have no token ${id}; GET /api/account/tokens lists them.`
        })
      }
    })
  })
})
