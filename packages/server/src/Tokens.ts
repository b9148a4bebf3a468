import { type CurrentUser, Role } from "@berth/domain/Auth"
import { Unauthorized } from "@berth/domain/RequestErrors"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { UserId } from "@berth/domain/UserId"
import { makeSecret, secretHash, textHash } from "@berth/engine/accounts/SecretText"
import { type Holder, Sessions } from "@berth/engine/accounts/Sessions"
import { fromStore } from "@berth/engine/ledger/LedgerError"
import { Context, Duration, Effect, identity, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { makeRecentHolders } from "./RecentHolders.ts"

const tokenPattern = /^berth_[A-Za-z0-9_-]{43}$/

const tokenLife = "30 days"

const NewSession = Schema.Struct({ hash: Schema.String, userId: UserId, role: Role, seconds: Schema.Finite })

const unauthorized = new Unauthorized({
  detail:
    "This call needs a valid token in the header Authorization: Bearer TOKEN. POST /api/account/sign-in answers one."
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
  /** Who holds the token, as it came with a call: to hide each from logs was measured to cost more than to hash it. */
  verify(token: string): Effect.Effect<CurrentUser["Service"], Unauthorized | StoreUnavailable>
  /** The same, with what the token is. */
  holder(token: Redacted.Redacted): Effect.Effect<Holder, Unauthorized | StoreUnavailable>
  /** Asks again about a person, because something of theirs was ended here. */
  forget(userId: UserId): Effect.Effect<void>
}>()("@berth/server/Tokens") {
  static readonly layer = Layer.effect(Tokens, Effect.suspend(() => make)).pipe(Layer.provide(Sessions.layer))
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const sessions = yield* Sessions

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

  const holders = yield* makeRecentHolders(sessions)
  const known = Option.match({ onNone: () => Effect.fail(unauthorized), onSome: Effect.succeed<Holder> })
  /** A holder who is remembered is known at once: a step of a fiber for each look costs more than the look. */
  const holderOf = <A>(token: string, as: (holder: Holder) => A) =>
    Effect.clockWith((clock) => {
      if (!tokenPattern.test(token)) {
        return Effect.fail(unauthorized)
      }
      const found = holders.get(textHash(token), Number(clock.monotonicTimeNanosUnsafe()) / 1_000_000)
      return Effect.mapEager(Effect.flatMapEager(found, known), as)
    })

  return Tokens.of({
    make: Effect.fn("Tokens.make")(function*({ role, ttl = tokenLife, userId }) {
      const token = yield* makeSecret("berth_")
      yield* fromStore(insert({ hash: secretHash(token), userId, role, seconds: Duration.toSeconds(ttl) }))
      return token
    }),
    verify: (token) => holderOf(token, ({ role, userId }) => ({ userId, role })),
    holder: (token) => holderOf(Redacted.value(token), identity),
    forget: (userId) => Effect.sync(() => holders.forget(userId))
  })
})
