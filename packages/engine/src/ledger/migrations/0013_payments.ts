import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/**
 * What is paid for holds: payments and refunds through the gateway, the jobs that tell it, and the books.
 *
 * A payment is `pending` until the gateway answers, `late` where it said yes when the hold had ended, `authorised` once the
 * booking is confirmed by it, `captured` when the money is here; `voiding` and `voided` where it goes back unused.
 */
export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`ALTER TABLE payment DROP CONSTRAINT payment_state_check`
  yield* sql`
    ALTER TABLE payment
      ADD gateway_id text NOT NULL UNIQUE DEFAULT gen_random_uuid()::text,
      ADD CONSTRAINT payment_state_check CHECK (
        state IN ('pending', 'failed', 'late', 'authorised', 'captured', 'voiding', 'voided'))`
  yield* sql`COMMENT ON COLUMN payment.gateway_id IS 'ours, by which the gateway knows a repeat'`
  yield* sql`
    CREATE UNIQUE INDEX payment_open ON payment (pnr) WHERE state IN ('pending', 'late', 'authorised', 'captured')`
  yield* sql`
    ALTER TABLE refund
      ADD payment_id bigint NOT NULL REFERENCES payment,
      ADD gateway_id text NOT NULL UNIQUE DEFAULT gen_random_uuid()::text,
      ADD state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'paid'))`

  yield* sql`ALTER TABLE outbox DROP CONSTRAINT outbox_fact_check`
  yield* sql`
    ALTER TABLE outbox
      ADD CONSTRAINT outbox_fact_check CHECK (
        fact IN ('booked', 'waitlisted', 'promoted', 'cancelled', 'authorise', 'capture', 'void', 'refund')),
      ADD payment_id bigint REFERENCES payment,
      ADD refund_id bigint REFERENCES refund,
      ADD attempts smallint NOT NULL DEFAULT 0,
      ADD due_at timestamptz NOT NULL DEFAULT berth_now(),
      ADD CHECK ((payment_id IS NOT NULL) = (fact IN ('authorise', 'capture', 'void', 'refund'))),
      ADD CHECK ((refund_id IS NOT NULL) = (fact = 'refund'))`
  yield* sql`COMMENT ON COLUMN outbox.due_at IS 'of what the gateway is told: not before, because somebody is at it'`
  yield* sql`CREATE INDEX outbox_gateway ON outbox (due_at) WHERE NOT done AND payment_id IS NOT NULL`
  yield* sql`CREATE INDEX outbox_payment ON outbox (payment_id) WHERE payment_id IS NOT NULL`

  // Debits are positive, credits negative. Passenger: what passengers owe; gateway: what the gateway owes.
  yield* sql`
    CREATE TABLE entry (
      id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      payment_id bigint NOT NULL REFERENCES payment,
      posting text NOT NULL CHECK (posting ~ '^(sale|capture|refund-due-[0-9]+|refund-[0-9]+)$'),
      account text NOT NULL CHECK (account IN ('passenger', 'gateway', 'revenue')),
      amount_paise bigint NOT NULL,
      at timestamptz NOT NULL DEFAULT berth_now(),
      UNIQUE (payment_id, posting, account)
    )`
  yield* sql`
    CREATE FUNCTION check_postings() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (
        SELECT FROM entry e WHERE (e.payment_id, e.posting) IN (SELECT a.payment_id, a.posting FROM added a)
        GROUP BY e.payment_id, e.posting HAVING sum(e.amount_paise) <> 0)
      THEN
        RAISE EXCEPTION 'a posting does not sum to zero';
      END IF;
      RETURN NULL;
    END
    $$`
  yield* sql`
    CREATE TRIGGER entry_balances AFTER INSERT ON entry REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION check_postings()`
  yield* sql`
    CREATE FUNCTION refuse_change_of_entry() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the books are only added to';
    END
    $$`
  yield* sql`
    CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_entry()`
  yield* sql`
    CREATE FUNCTION post_entries(payment bigint, posting text, debit text, credit text, paise bigint) RETURNS void
    LANGUAGE sql AS $$
      INSERT INTO entry (payment_id, posting, account, amount_paise)
      VALUES (payment, posting, debit, paise), (payment, posting, credit, -paise)
    $$`
})
