import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** Who may do what, and a trail of what operators did. */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    CREATE TABLE account (
      user_id text PRIMARY KEY CHECK (user_id ~ '^[A-Za-z0-9._@-]{1,64}$'),
      role text NOT NULL CHECK (role IN ('passenger', 'agent', 'clerk', 'operator', 'admin')),
      created_at timestamptz NOT NULL DEFAULT berth_now()
    )`
  // The token itself is shown once and never stored.
  yield* sql`
    CREATE TABLE session (
      token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
      user_id text NOT NULL REFERENCES account,
      created_at timestamptz NOT NULL DEFAULT berth_now(),
      expires_at timestamptz NOT NULL CHECK (expires_at > created_at)
    )`
  yield* sql`
    CREATE TABLE audit (
      id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      at timestamptz NOT NULL DEFAULT berth_now(),
      user_id text NOT NULL,
      action text NOT NULL CHECK (length(action) BETWEEN 1 AND 60),
      subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 120),
      details jsonb NOT NULL
    )`
})
