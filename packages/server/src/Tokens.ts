import { type CurrentUser, Role } from "@berth/domain/Auth"
import { Unauthorized } from "@berth/domain/RequestErrors"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { UserId } from "@berth/domain/UserId"
import { fromStore } from "@berth/engine/ledger/LedgerError"
import { Cache, Context, Duration, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { hash as digest, randomBytes } from "node:crypto"

const tokenBytes = 32
const tokenPattern = /^berth_[A-Za-z0-9_-]{43}$/

const tokenLife = "30 days"

/** Tokens whose holder is remembered. */
const rememberedMax = 10_000

/** How long; a session that was ended is refused that much later at most. */
const rememberedFor = "1 second"

const User = Schema.Struct({ userId: UserId, role: Role })
const NewSession = Schema.Struct({ hash: Schema.String, userId: UserId, role: Role, seconds: Schema.Finite })

const hashOf = (token: string): string => digest("sha256", token, "hex")

const unauthorized = new Unauthorized({
  detail: "This call needs a valid token in the header Authorization: Bearer TOKEN. npm run token makes one."
})

/** Bearer tokens: shown once, kept as hashes. */
export class Tokens extends Context.Service<Tokens, {
  /** Makes a token; the account takes the role given. */
  make(options: {
    readonly userId: UserId
    readonly role: Role
    /** How long it is good for; 30 days where absent. */
    readonly ttl?: Duration.Input
  }): Effect.Effect<Redacted.Redacted, StoreUnavailable>
  /** Who holds the token. */
  verify(token: Redacted.Redacted): Effect.Effect<CurrentUser["Service"], Unauthorized | StoreUnavailable>
}>()("@berth/server/Tokens") {
  static readonly layer = Layer.effect(Tokens, Effect.suspend(() => make))
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  const insert = SqlSchema.void({
    Request: NewSession,
    execute: ({ hash, role, seconds, userId }) =>
      sql`
        WITH who AS (
          INSERT INTO account (user_id, role) VALUES (${userId}, ${role})
          ON CONFLICT (user_id) DO UPDATE SET role = EXCLUDED.role RETURNING user_id
        ), ended AS (
          DELETE FROM session WHERE user_id = ${userId} AND expires_at <= berth_now()
        )
        INSERT INTO session (token_hash, user_id, created_at, expires_at)
        SELECT decode(${hash}, 'hex'), user_id, berth_now(), berth_now() + make_interval(secs => ${seconds}) FROM who`
  })
  const select = SqlSchema.findOneOption({
    Request: Schema.String,
    Result: User,
    execute: (hash) =>
      sql`
        SELECT a.user_id AS "userId", a.role FROM session s JOIN account a USING (user_id)
        WHERE s.token_hash = decode(${hash}, 'hex') AND s.expires_at > berth_now()
          AND a.erased_at IS NULL`
  })

  const users = yield* Cache.makeWith(
    // Shared by all who ask at the same time, so none of them may end it.
    (hash: string) => Effect.uninterruptible(fromStore(select(hash))),
    {
      capacity: rememberedMax,
      timeToLive: (exit) => exit._tag === "Success" ? rememberedFor : 0
    }
  )

  return Tokens.of({
    make: Effect.fn("Tokens.make")(function*({ role, ttl = tokenLife, userId }) {
      const token = `berth_${yield* Effect.sync(() => randomBytes(tokenBytes).toString("base64url"))}`
      yield* fromStore(insert({ hash: hashOf(token), userId, role, seconds: Duration.toSeconds(ttl) }))
      return Redacted.make(token, { label: "token" })
    }),
    verify: Effect.fnUntraced(function*(token) {
      const text = Redacted.value(token)
      const user = tokenPattern.test(text) ? yield* Cache.get(users, hashOf(text)) : Option.none()
      return Option.isSome(user) ? user.value : yield* unauthorized
    })
  })
})
