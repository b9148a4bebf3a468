import { Account } from "@berth/domain/Account"
import { Role } from "@berth/domain/Auth"
import { EmailAddress } from "@berth/domain/EmailAddress"
import { UserId } from "@berth/domain/UserId"
import { Duration, Schema } from "effect"
import { type SqlClient, SqlSchema } from "effect/sql"

/** How long a code from a mail is good for. */
export const mailCodeLife = Duration.minutes(30)

/** Codes that have run out and go with each new one. */
const goneAtOnce = 100

const Credentials = Schema.Struct({
  userId: UserId,
  role: Role,
  email: Schema.NullOr(EmailAddress),
  passwordHash: Schema.NullOr(Schema.String)
})
export type Credentials = typeof Credentials.Type

const ofAccount = (sql: SqlClient.SqlClient) =>
  sql.literal(`a.user_id AS "userId", a.role, a.email,
    EXISTS (SELECT FROM totp t WHERE t.user_id = a.user_id AND t.confirmed) AS "secondFactor"`)

const ofCredentials = (sql: SqlClient.SqlClient) =>
  sql.literal(`user_id AS "userId", role, email, password_hash AS "passwordHash"`)

const NewPassword = Schema.Struct({ userId: UserId, email: EmailAddress, passwordHash: Schema.String })

/** What is asked of the tables of accounts and of codes sent by mail. */
export const accountRows = (sql: SqlClient.SqlClient) => ({
  byEmail: SqlSchema.findOneOption({
    Request: EmailAddress,
    Result: Credentials,
    execute: (email) => sql`SELECT ${ofCredentials(sql)} FROM account WHERE email = ${email}`
  }),
  byUser: SqlSchema.findOneOption({
    Request: UserId,
    Result: Credentials,
    execute: (userId) => sql`SELECT ${ofCredentials(sql)} FROM account WHERE user_id = ${userId}`
  }),
  /** Locks an account whose password is still the one that was checked, so that no session begins beside a change of it. */
  lock: SqlSchema.findOneOption({
    Request: Schema.Struct({ userId: UserId, passwordHash: Schema.String }),
    Result: Schema.Struct({ userId: UserId, role: Role }),
    execute: ({ passwordHash, userId }) =>
      sql`
        SELECT user_id AS "userId", role FROM account
        WHERE user_id = ${userId} AND password_hash = ${passwordHash} FOR UPDATE`
  }),
  account: SqlSchema.findOneOption({
    Request: UserId,
    Result: Account,
    execute: (userId) => sql`SELECT ${ofAccount(sql)} FROM account a WHERE a.user_id = ${userId}`
  }),
  setRole: SqlSchema.findOneOption({
    Request: Schema.Struct({ userId: UserId, role: Role }),
    Result: Account,
    execute: ({ role, userId }) =>
      sql`UPDATE account a SET role = ${role} WHERE a.user_id = ${userId} RETURNING ${ofAccount(sql)}`
  }),
  setPassword: SqlSchema.void({
    Request: Schema.Struct({ userId: UserId, passwordHash: Schema.String }),
    execute: ({ passwordHash, userId }) =>
      sql`UPDATE account SET password_hash = ${passwordHash} WHERE user_id = ${userId}`
  }),
  /** Gives the account of an address a password, or makes that account. */
  putPassword: SqlSchema.findOne({
    Request: NewPassword,
    Result: Schema.Struct({ userId: UserId }),
    execute: ({ email, passwordHash, userId }) =>
      sql`
        INSERT INTO account (user_id, role, email, password_hash)
        VALUES (${userId}, 'passenger', ${email}, ${passwordHash})
        ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash
        RETURNING user_id AS "userId"`
  }),
  /** Keeps a code's hash, and says whether its address has an account; the same work either way. */
  addMailCode: SqlSchema.findOne({
    Request: Schema.Struct({ email: EmailAddress, hash: Schema.String }),
    Result: Schema.Struct({ known: Schema.Boolean }),
    execute: ({ email, hash }) =>
      sql`
        WITH gone AS (
          DELETE FROM mail_code WHERE code_hash IN (
            SELECT code_hash FROM mail_code WHERE expires_at <= berth_now() LIMIT ${goneAtOnce} FOR UPDATE SKIP LOCKED
          )
        ), added AS (
          INSERT INTO mail_code (code_hash, email, expires_at) VALUES (decode(${hash}, 'hex'), ${email},
            berth_now() + make_interval(secs => ${Duration.toSeconds(mailCodeLife)}))
        )
        SELECT EXISTS (SELECT FROM account WHERE email = ${email}) AS known`
  }),
  readMailCode: SqlSchema.findOneOption({
    Request: Schema.String,
    Result: Schema.Struct({ email: EmailAddress }),
    execute: (hash) =>
      sql`SELECT email FROM mail_code WHERE code_hash = decode(${hash}, 'hex') AND expires_at > berth_now()`
  }),
  /** Takes a code, and with it every other of its address. */
  useMailCode: SqlSchema.findAll({
    Request: EmailAddress,
    Result: Schema.Struct({ hash: Schema.String }),
    execute: (email) =>
      sql`
        WITH used AS (DELETE FROM mail_code WHERE email = ${email} RETURNING code_hash, expires_at)
        SELECT encode(code_hash, 'hex') AS hash FROM used WHERE expires_at > berth_now()`
  })
})
