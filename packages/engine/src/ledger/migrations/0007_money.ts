import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * Money, rule packs and the outbox: the shape that sales rely on when fares, refunds and events arrive, kept from the
 * first day so that no later migration has to touch a table of sales.
 */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    CREATE TABLE payment (
      id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      pnr text NOT NULL REFERENCES booking,
      amount_paise bigint NOT NULL CHECK (amount_paise >= 0),
      state text NOT NULL CHECK (state IN ('authorised', 'captured', 'failed', 'voided')),
      created_at timestamptz NOT NULL DEFAULT berth_now()
    )`
  yield* sql`CREATE INDEX payment_pnr ON payment (pnr)`
  yield* sql`
    CREATE TABLE refund (
      id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      pnr text NOT NULL REFERENCES booking,
      passenger smallint NOT NULL,
      amount_paise bigint NOT NULL CHECK (amount_paise >= 0),
      created_at timestamptz NOT NULL DEFAULT berth_now(),
      FOREIGN KEY (pnr, passenger) REFERENCES passenger,
      UNIQUE (pnr, passenger)
    )`
  yield* sql`
    CREATE TABLE rule_pack (
      id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 60),
      valid_from timestamptz NOT NULL,
      valid_to timestamptz CHECK (valid_to > valid_from),
      rules jsonb NOT NULL
    )`
  // Read by marking rows done: reading by id > last would lose rows that commit late.
  yield* sql`
    CREATE TABLE outbox (
      id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      pnr text NOT NULL,
      fact text NOT NULL CHECK (fact IN ('booked', 'waitlisted', 'promoted', 'cancelled')),
      body jsonb NOT NULL,
      created_at timestamptz NOT NULL DEFAULT berth_now(),
      done boolean NOT NULL DEFAULT false
    )`
  yield* sql`CREATE INDEX outbox_open ON outbox (id) WHERE NOT done`
})
