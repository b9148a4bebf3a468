import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Signing in: passwords, codes sent by mail, second factors, and sessions that a person can see and end. */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  // An account without an address has tokens only. Whoever has an address proved it, and has a password.
  yield* sql`
    ALTER TABLE account
      ADD COLUMN email text UNIQUE CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
      ADD COLUMN password_hash text CHECK (password_hash LIKE '$argon2id$%' AND length(password_hash) <= 200),
      ADD CHECK ((email IS NULL) = (password_hash IS NULL))`

  yield* sql`
    ALTER TABLE session
      ADD COLUMN id bigint NOT NULL UNIQUE GENERATED ALWAYS AS IDENTITY,
      ADD COLUMN kind text NOT NULL DEFAULT 'token' CHECK (kind IN ('session', 'token')),
      ADD COLUMN name text CHECK (length(name) BETWEEN 1 AND 60),
      ADD COLUMN role text CHECK (role IN ('passenger', 'agent', 'clerk', 'operator', 'admin')),
      ADD COLUMN seen_at timestamptz NOT NULL DEFAULT berth_now()`
  yield* sql`COMMENT ON COLUMN session.role IS 'what a token may do at most; null where it follows the account'`
  yield* sql`COMMENT ON COLUMN session.seen_at IS 'last use, written every five minutes at most'`
  yield* sql`CREATE INDEX session_by_user ON session (user_id)`

  // The codes themselves are in mails only; a code makes an account as well as it mends one, so it belongs to an address.
  yield* sql`
    CREATE TABLE mail_code (
      code_hash bytea PRIMARY KEY CHECK (length(code_hash) = 32),
      email text NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
      expires_at timestamptz NOT NULL
    )`
  yield* sql`CREATE INDEX mail_code_email ON mail_code (email)`
  yield* sql`CREATE INDEX mail_code_expiry ON mail_code (expires_at)`

  yield* sql`
    CREATE TABLE totp (
      user_id text PRIMARY KEY REFERENCES account ON DELETE CASCADE,
      secret bytea NOT NULL CHECK (length(secret) = 20),
      confirmed boolean NOT NULL DEFAULT false,
      last_step bigint NOT NULL DEFAULT 0
    )`
  yield* sql`COMMENT ON COLUMN totp.last_step IS 'the step whose code was used last; no code of it or before is taken again'`
  yield* sql`
    CREATE TABLE recovery_code (
      code_hash bytea PRIMARY KEY CHECK (length(code_hash) = 32),
      user_id text NOT NULL REFERENCES totp ON DELETE CASCADE
    )`
  yield* sql`CREATE INDEX recovery_code_user ON recovery_code (user_id)`
})
