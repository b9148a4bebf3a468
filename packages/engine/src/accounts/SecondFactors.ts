import type { RecoveryCodes, TotpSecret } from "@berth/domain/Account"
import { SecondFactorConflict, SecondFactorRefused } from "@berth/domain/AccountErrors"
import type { StoreUnavailable } from "@berth/domain/ServiceErrors"
import { UserId } from "@berth/domain/UserId"
import { Context, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient, SqlSchema } from "effect/sql"
import { randomBytes } from "node:crypto"
import { fromStore } from "../ledger/LedgerError.ts"
import { secretHash } from "./SecretText.ts"
import { base32, provisioningUri, stepOfCode, totpSecretBytes } from "./Totp.ts"

/** Codes for the day on which the authenticator is lost; each is good once. */
export const recoveryCodesEach = 10

/** 80 bits, sixteen letters. */
const recoveryBytes = 10

/** What became of a second factor at a sign-in. */
export type Spent = "none" | "needed" | "refused" | "taken"

/** Second factors: codes of an authenticator (TOTP), and recovery codes beside them. */
export class SecondFactors extends Context.Service<SecondFactors, {
  /** A new secret; it counts for nothing until it is confirmed. */
  enrol(userId: UserId, accountName: string): Effect.Effect<TotpSecret, SecondFactorConflict | StoreUnavailable>
  /** Puts the second factor on by a code of it. */
  confirm(
    userId: UserId,
    code: Redacted.Redacted
  ): Effect.Effect<RecoveryCodes, SecondFactorConflict | SecondFactorRefused | StoreUnavailable>
  /** Takes a code, which is never taken again; `none` where the account has no second factor. */
  spend(userId: UserId, code: Redacted.Redacted | undefined): Effect.Effect<Spent, StoreUnavailable>
  remove(userId: UserId): Effect.Effect<void, StoreUnavailable>
}>()("@berth/engine/accounts/SecondFactors") {
  static readonly layer = Layer.effect(SecondFactors, Effect.suspend(() => make))
}

const Row = Schema.Struct({
  secret: Schema.Uint8ArrayFromHex,
  confirmed: Schema.Boolean,
  lastStep: Schema.Int,
  nowSeconds: Schema.Finite
})

const makeQueries = (sql: SqlClient.SqlClient) => ({
  offer: SqlSchema.findOneOption({
    Request: Schema.Struct({ userId: UserId, secret: Schema.String }),
    Result: Schema.Struct({ userId: UserId }),
    execute: ({ secret, userId }) =>
      sql`
        INSERT INTO totp (user_id, secret) VALUES (${userId}, decode(${secret}, 'hex'))
        ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0 WHERE NOT totp.confirmed
        RETURNING user_id AS "userId"`
  }),
  // Locked, so that of two who bring the same code at the same time one is second.
  read: SqlSchema.findOneOption({
    Request: UserId,
    Result: Row,
    execute: (userId) =>
      sql`
        SELECT encode(secret, 'hex') AS secret, confirmed, last_step::float8 AS "lastStep",
          extract(epoch FROM berth_now())::float8 AS "nowSeconds"
        FROM totp WHERE user_id = ${userId} FOR UPDATE`
  }),
  use: SqlSchema.void({
    Request: Schema.Struct({ userId: UserId, step: Schema.Int }),
    execute: ({ step, userId }) =>
      sql`UPDATE totp SET last_step = ${step}::float8::bigint, confirmed = true WHERE user_id = ${userId}`
  }),
  addRecovery: SqlSchema.void({
    Request: Schema.Struct({ userId: UserId, hashes: Schema.fromJsonString(Schema.Array(Schema.String)) }),
    execute: ({ hashes, userId }) =>
      sql`
        INSERT INTO recovery_code (code_hash, user_id)
        SELECT decode(hash, 'hex'), ${userId} FROM jsonb_array_elements_text(${hashes}::text::jsonb) hash`
  }),
  useRecovery: SqlSchema.findOneOption({
    Request: Schema.Struct({ userId: UserId, hash: Schema.String }),
    Result: Schema.Struct({ userId: UserId }),
    execute: ({ hash, userId }) =>
      sql`
        DELETE FROM recovery_code WHERE user_id = ${userId} AND code_hash = decode(${hash}, 'hex')
        RETURNING user_id AS "userId"`
  }),
  remove: SqlSchema.void({
    Request: UserId,
    execute: (userId) => sql`DELETE FROM totp WHERE user_id = ${userId}`
  })
})

const newRecoveryCode = Effect.sync(() => {
  const letters = base32(randomBytes(recoveryBytes)).toLowerCase().match(/.{4}/g) ?? []
  return Redacted.make(letters.join("-"), { label: "recovery code" })
})

/** A recovery code as it was shown, however it was typed. */
const recoveryHash = (code: string): string =>
  secretHash(Redacted.make(code.toLowerCase().replaceAll(/[^a-z2-7]/g, "")))

const alreadyOn = new SecondFactorConflict({
  detail: "The account has a second factor. Remove it first, by POST /api/account/totp/remove."
})
const notBegun = new SecondFactorConflict({
  detail: "No second factor waits to be confirmed. Begin by POST /api/account/totp."
})
const wrongCode = new SecondFactorRefused({
  detail: "The code is not valid now, or was used before. Wait for the next one."
})

const stepOf = (row: typeof Row.Type, code: Redacted.Redacted): number | undefined =>
  stepOfCode({ ...row, code: Redacted.value(code).replaceAll(" ", "") })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const queries = makeQueries(sql)

  const confirm = Effect.fnUntraced(function*(userId: UserId, code: Redacted.Redacted) {
    const row = yield* queries.read(userId)
    if (Option.isNone(row)) {
      return yield* notBegun
    }
    if (row.value.confirmed) {
      return yield* alreadyOn
    }
    const step = stepOf(row.value, code)
    if (step === undefined) {
      return yield* wrongCode
    }
    const codes = yield* Effect.replicateEffect(newRecoveryCode, recoveryCodesEach)
    yield* queries.use({ userId, step })
    yield* queries.addRecovery({ userId, hashes: codes.map((shown) => recoveryHash(Redacted.value(shown))) })
    return { recoveryCodes: codes }
  })

  const spend = Effect.fnUntraced(function*(userId: UserId, code: Redacted.Redacted | undefined) {
    const row = yield* queries.read(userId)
    if (Option.isNone(row) || !row.value.confirmed) {
      return "none" as const
    }
    if (code === undefined) {
      return "needed" as const
    }
    const step = stepOf(row.value, code)
    if (step !== undefined) {
      yield* queries.use({ userId, step })
      return "taken" as const
    }
    const recovered = yield* queries.useRecovery({ userId, hash: recoveryHash(Redacted.value(code)) })
    return Option.isSome(recovered) ? "taken" as const : "refused" as const
  })

  return SecondFactors.of({
    enrol: Effect.fn("SecondFactors.enrol")(function*(userId, accountName) {
      const bytes = yield* Effect.sync(() => randomBytes(totpSecretBytes))
      if (Option.isNone(yield* fromStore(queries.offer({ userId, secret: bytes.toString("hex") })))) {
        return yield* alreadyOn
      }
      const secret = base32(bytes)
      return { secret: Redacted.make(secret), uri: Redacted.make(provisioningUri(secret, accountName)) }
    }),
    confirm: (userId, code) => fromStore(sql.withTransaction(confirm(userId, code))),
    spend: (userId, code) => fromStore(sql.withTransaction(spend(userId, code))),
    remove: (userId) => fromStore(queries.remove(userId))
  })
})
